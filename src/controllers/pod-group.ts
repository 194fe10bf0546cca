/**
 * Says of each PodGroup whether enough of its pods have a node.
 * @see KEP-4671
 */
import { POD_GROUPS, PODS } from '../client/resource-types.ts';
import type { Condition, Pod, PodGroupV1alpha2 } from '../model/api/types.ts';
import { apiTime } from '../model/status/pod-conditions.ts';
import { type Controller, isWritten, KeyedController, keyOf, splitKey } from './controller.ts';

const SCHEDULED = 'PodGroupScheduled';

export function groupCondition(
  { metadata, spec, status }: PodGroupV1alpha2,
  pods: readonly Pod[],
  nowMs: number,
): Condition {
  const least = spec.schedulingPolicy.gang?.minCount ?? 1;
  const placed = pods.filter((pod) => pod.spec?.nodeName).length;
  const before = status?.conditions?.find(({ type }) => type === SCHEDULED);
  const verdict =
    placed >= least
      ? { status: 'True', reason: 'Scheduled', message: `${placed} of at least ${least} pods have a node` }
      : { status: 'False', reason: 'Unschedulable', message: whyNot(pods, least) };
  const kept = before?.status === verdict.status ? before.lastTransitionTime : undefined;
  return {
    type: SCHEDULED,
    ...verdict,
    observedGeneration: metadata?.generation ?? 0,
    lastTransitionTime: kept ?? apiTime(nowMs),
  };
}

/** What the scheduler says of the pods that wait. */
function whyNot(pods: readonly Pod[], least: number): string {
  if (pods.length < least) return `${pods.length} of at least ${least} pods are there`;
  const said = pods.flatMap(
    ({ status }) =>
      status?.conditions?.find(({ type, status: value }) => type === 'PodScheduled' && value === 'False')
        ?.message ?? [],
  );
  return said[0] ?? `${pods.length} pods wait for a node`;
}

export const podGroupController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('podgroup', deps, signal);
  const { queue } = controller;
  const groups = controller.followAll(POD_GROUPS, (group) => queue.add(keyOf(group)));
  const groupOf = ({ metadata, spec }: Pod): string | undefined =>
    spec?.schedulingGroup?.podGroupName === undefined
      ? undefined
      : `${metadata?.namespace}/${spec.schedulingGroup.podGroupName}`;
  const pods = controller.followAll(PODS, (pod) => {
    const key = groupOf(pod);
    if (key !== undefined) queue.add(key);
  });

  await controller.run(async (key) => {
    const { namespace, name } = splitKey(key);
    const group = groups.get(namespace, name);
    if (group === undefined || group.metadata?.deletionTimestamp !== undefined) return;
    const own = pods.list().filter((pod) => groupOf(pod) === key);
    const others = (group.status?.conditions ?? []).filter(({ type }) => type !== SCHEDULED);
    const status = { conditions: [...others, groupCondition(group, own, clock.now())] };
    if (isWritten(status, group.status)) return;
    const patch = { metadata: { uid: group.metadata?.uid }, status };
    await client.patch(POD_GROUPS, namespace, name, 'merge', patch, { subresource: 'status' });
  });
};
