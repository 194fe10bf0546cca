/** Explanations of what a simulation did with the pods that somebody asked about. */
import { PeapodError } from '../../model/errors.ts';
import { podName } from '../../scheduler/engine/pod/pod-info.ts';
import { explainDecision, type PodExplanation } from '../../scheduler/explain/explain-pod.ts';
import { gangChanges } from '../../scheduler/explain/gang-changes.ts';
import { sayGang } from '../../scheduler/explain/outcome-reason.ts';
import type { LoadedCluster } from '../../scheduler/simulate/load-cluster.ts';
import type { Onlooker, PodOutcome, SimulationResult } from '../../scheduler/simulate/simulate.ts';
import type { GangNote } from './render-explanation.ts';

export interface ExplainedOutcome {
  readonly explanation: PodExplanation;
  readonly gang?: GangNote;
}

/** Pods that are placed are explained while they are being placed, the others in the end. */
export class OutcomeExplainer {
  readonly #cluster: LoadedCluster;
  readonly #wanted: ReadonlySet<string>;
  readonly #seen = new Map<string, ExplainedOutcome>();

  /**
   * @param names `name` or `namespace/name`
   * @throws PeapodError `NotFound` for a pod that does not wait for a node
   */
  constructor(cluster: LoadedCluster, names: readonly string[]) {
    this.#cluster = cluster;
    this.#wanted = new Set(names.map((name) => findName(cluster, name)));
  }

  readonly onlooker: Onlooker = (pod, placement) => {
    const name = podName(pod);
    if (this.#wanted.has(name))
      this.#seen.set(name, { explanation: explainDecision(this.#cluster.engine, pod, placement) });
  };

  explained(result: SimulationResult): ExplainedOutcome[] {
    return [...this.#wanted].flatMap((name) => {
      const outcome = result.pods.find(({ pod }) => podName(pod) === name);
      if (outcome?.outcome === 'pending') return [this.#explainPending(outcome, result)];
      const seen = this.#seen.get(name);
      if (seen !== undefined) return [seen];
      return outcome === undefined ? [] : [this.#explainMember(outcome)];
    });
  }

  #explainPending(
    { pod, gang: refusal }: Extract<PodOutcome, { outcome: 'pending' }>,
    { pods }: SimulationResult,
  ): ExplainedOutcome {
    const { engine, gangs } = this.#cluster;
    const explanation = explainDecision(engine, pod, undefined);
    const gang = pod.gang === undefined ? undefined : gangs.get(pod.gang);
    if (pod.gang === undefined) return { explanation };
    if (gang === undefined) {
      return {
        explanation,
        gang: { text: `waits for PodGroup ${pod.gang}, which is not there`, changes: [] },
      };
    }
    if (refusal === undefined) return { explanation };
    const waiting = pods.filter((one) => one.outcome === 'pending' && one.pod.gang === pod.gang);
    const members = waiting.map((one) => one.pod);
    return {
      explanation,
      gang: { text: sayGang(gang.key, refusal), changes: gangChanges(engine, gang, members, refusal) },
    };
  }

  /** A gang is decided as one; of a member there is the place that it has now. */
  #explainMember(outcome: Extract<PodOutcome, { outcome: 'placed' }>): ExplainedOutcome {
    const { engine, snapshot } = this.#cluster;
    const { pod, node } = outcome;
    const slot = snapshot.slotOf(node);
    return snapshot.attempt(() => {
      snapshot.remove(pod);
      const explanation = explainDecision(engine, pod, undefined);
      snapshot.place(pod, slot);
      const why = `placed together with the gang ${pod.gang ?? ''}`;
      return { explanation: { ...explanation, outcome: 'placed', node, why, changes: [], scores: [] } };
    });
  }
}

function findName({ waiting }: LoadedCluster, name: string): string {
  const names = waiting.map(podName);
  const wanted = names.includes(name) ? name : `default/${name}`;
  const found = names.find((one) => one === wanted) ?? names.find((one) => one.endsWith(`/${name}`));
  if (found !== undefined) return found;
  throw new PeapodError('NotFound', `pod ${JSON.stringify(name)} is not among those that wait for a node`);
}
