/**
 * Keeps the status of disruption budgets: how many of their pods may be evicted now.
 * @see kubernetes/pkg/controller/disruption/disruption.go
 */
import { DEPLOYMENTS, DISRUPTION_BUDGETS, PODS, REPLICA_SETS } from '../../client/resource-types.ts';
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../model/api/types.ts';
import { matchesLabelSelector } from '../../model/label-selector.ts';
import { type Controller, controllerOf, isWritten, KeyedController, keyOf, splitKey } from '../controller.ts';
import { isTerminated } from '../pod-states.ts';
import { recordEvent } from '../record-event.ts';
import { budgetStatus, disruptedPods, expectedPods, failSafeStatus, needsScale } from './budget.ts';

const COMPONENT = 'controllermanager';

interface Scale {
  readonly wanted: number;
  /** Pods that nobody controls. */
  readonly unmanaged: readonly Pod[];
}

export const disruptionController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('disruption', deps, signal);
  const { queue } = controller;
  /** What was told of each budget last: it is not told again. */
  const told = new Map<string, string>();
  const budgets = controller.followAll(DISRUPTION_BUDGETS, (budget) => queue.add(keyOf(budget)));
  const touched = ({ metadata }: Pod): void => {
    for (const budget of budgets.list())
      if (
        budget.metadata?.namespace === metadata?.namespace &&
        matchesLabelSelector(budget.spec?.selector, metadata?.labels)
      )
        queue.add(keyOf(budget));
  };
  const pods = controller.follow(PODS, {
    onAdd: touched,
    onUpdate: (pod, previous) => {
      touched(previous);
      touched(pod);
    },
    onDelete: touched,
  });
  const addAllOf = ({ metadata }: { metadata?: { namespace?: string } }): void => {
    for (const budget of budgets.list())
      if (budget.metadata?.namespace === metadata?.namespace && needsScale(budget)) queue.add(keyOf(budget));
  };
  const sets = controller.followAll(REPLICA_SETS, addAllOf);
  const deployments = controller.followAll(DEPLOYMENTS, addAllOf);

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const budget = budgets.get(namespace, name);
    if (budget === undefined) {
      told.delete(key);
      return;
    }
    const own = pods
      .list()
      .filter(
        (pod) =>
          pod.metadata?.namespace === namespace &&
          !isTerminated(pod) &&
          matchesLabelSelector(budget.spec?.selector, pod.metadata.labels),
      );
    if (own.length === 0) await tell(budget, 'Normal', 'NoPods', 'No matching pods found');
    const { pending, notDeleted, nextMs } = disruptedPods(budget, own, clock.now());
    const scale = needsScale(budget) ? scaleOf(own) : { wanted: 0, unmanaged: [] };
    if (typeof scale === 'string') {
      const message = `Failed to calculate the number of expected pods: ${scale}`;
      await tell(budget, 'Warning', 'CalculateExpectedPodCountFailed', message);
      return write(budget, failSafeStatus(budget, scale, clock.now()));
    }
    if (scale.unmanaged.length > 0)
      await tell(budget, 'Warning', 'UnmanagedPods', unmanagedText(scale.unmanaged));
    else if (own.length > 0) told.delete(key);
    for (const pod of notDeleted) await tellNotDeleted(budget, pod);
    const expected = expectedPods(budget, own.length, scale.wanted);
    await write(budget, budgetStatus(budget, own, expected, pending, clock.now()));
    if (nextMs !== undefined) queue.addAfter(key, nextMs + 1000);
  });

  /** How many pods their controllers want together, each counted once; or why that cannot be told. */
  function scaleOf(own: readonly Pod[]): Scale | string {
    const counted = new Map<string, number>();
    const unmanaged: Pod[] = [];
    for (const pod of own) {
      const owner = controllerOf(pod);
      const namespace = pod.metadata?.namespace ?? '';
      if (owner === undefined) {
        unmanaged.push(pod);
        continue;
      }
      if (owner.kind !== 'ReplicaSet')
        return `${owner.kind} ${JSON.stringify(owner.name)} does not implement the scale subresource`;
      const set = sets.get(namespace, owner.name);
      // Its copy has not come yet, or it has gone and its pods follow it.
      if (set === undefined || set.metadata?.uid !== owner.uid) continue;
      const above = controllerOf(set);
      const deployment = above?.kind === 'Deployment' ? deployments.get(namespace, above.name) : undefined;
      const isOfDeployment = deployment !== undefined && deployment.metadata?.uid === above?.uid;
      const scaled = isOfDeployment ? deployment : set;
      counted.set(scaled.metadata?.uid ?? '', scaled.spec?.replicas ?? 1);
    }
    return { wanted: [...counted.values()].reduce((sum, count) => sum + count, 0), unmanaged };
  }

  /** Fails when an eviction was allowed meanwhile: it is counted anew. */
  async function write(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    const before = { ...budget.status, disruptedPods: budget.status?.disruptedPods ?? {} };
    if (isWritten(status, before)) return;
    await client.update(DISRUPTION_BUDGETS, { ...budget, status }, { subresource: 'status' });
  }

  async function tell(
    budget: PodDisruptionBudget,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): Promise<void> {
    if (told.get(keyOf(budget)) === reason) return;
    told.set(keyOf(budget), reason);
    await recordEvent(deps, COMPONENT, budget, { type, reason, message });
  }

  function tellNotDeleted(budget: PodDisruptionBudget, pod: Pod): Promise<void> {
    const message = `Pod was expected by PDB ${keyOf(budget)} to be deleted but it wasn't`;
    return recordEvent(deps, COMPONENT, pod, { type: 'Warning', reason: 'NotDeleted', message });
  }
};

function unmanagedText(unmanaged: readonly Pod[]): string {
  const names = unmanaged.map(({ metadata }) => metadata?.name ?? '').join(' ');
  return (
    `Pods selected by this PodDisruptionBudget were found to be unmanaged: [${names}]. As a result, the status of the PDB cannot be ` +
    'calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
  );
}
