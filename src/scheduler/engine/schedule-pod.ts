/** Where a pod goes: every node is considered, and one of the best is chosen by lot. */
import { PeapodError } from '../../model/errors.ts';
import type { Decision, Explanation, RejectionCount } from './decision.ts';
import { explainPod } from './explain.ts';
import { FreeIndexes } from './fast/free-indexes.ts';
import type { FreeWish } from './fast/free-wish.ts';
import { ShapePlans, type Steps } from './fast/shape-plan.ts';
import type { NodeRanking } from './fast/node-ranking.ts';
import { NodeScan, type ScannedChoice } from './node-scan.ts';
import { NominatedPods } from './nominated-pods.ts';
import { podName, type PodInfo } from './pod/pod-info.ts';
import { defaultProfile, type Profile } from './profile.ts';
import { SeededRandom } from './random.ts';
import type { ClusterSnapshot } from './snapshot.ts';

export interface SchedulerOptions {
  /** By `spec.schedulerName`; the default profile unless told. */
  readonly profiles?: readonly Profile[];
  /** The same seed makes the same choices. */
  readonly seed?: number;
}

export class SchedulingEngine {
  readonly snapshot: ClusterSnapshot;
  readonly nominated: NominatedPods;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #random: SeededRandom;
  readonly #plans: ShapePlans;
  readonly #indexes: FreeIndexes;
  readonly #scan: NodeScan;

  constructor(snapshot: ClusterSnapshot, options: SchedulerOptions = {}) {
    this.snapshot = snapshot;
    this.nominated = new NominatedPods(snapshot);
    const profiles = options.profiles ?? [defaultProfile()];
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    this.#random = new SeededRandom(options.seed ?? 1);
    this.#plans = new ShapePlans(snapshot);
    this.#indexes = new FreeIndexes(snapshot);
    this.#scan = new NodeScan(snapshot);
  }

  /** @throws PeapodError `Invalid` naming `spec.schedulerName` when there is no such profile */
  profileOf(pod: PodInfo): Profile {
    const { schedulerName } = pod.template;
    const profile = this.#profiles.get(schedulerName);
    if (profile !== undefined) return profile;
    throw new PeapodError(
      'Invalid',
      `spec.schedulerName: Not found: ${JSON.stringify(schedulerName)}: there is no such profile (pod ${podName(pod)})`,
    );
  }

  handles(schedulerName: string): boolean {
    return this.#profiles.has(schedulerName);
  }

  /**
   * Decides where the pod goes. The snapshot stays as it is: `snapshot.place` the pod to have it counted.
   * @throws PeapodError `Invalid` when there is no profile for the pod
   */
  decide(pod: PodInfo): Decision {
    const profile = this.profileOf(pod);
    const [gate] = pod.template.gates;
    if (gate !== undefined) return this.#refused([], 'SchedulingGates');
    const plan = this.#plans.for(profile, pod);
    const steps = plan.stepsFor(pod);
    const nodesOnly = steps.clusterFilters.length === 0 && steps.clusterScores.length === 0;
    const ranking = this.nominated.isEmpty ? plan.ranking() : undefined;
    if (ranking === undefined) {
      const wish = nodesOnly && this.nominated.isEmpty ? plan.freeWish : undefined;
      return (wish && this.#decideByIndex(wish)) ?? this.#decideByScan(pod, steps);
    }
    return nodesOnly ? this.#decideByRanking(ranking) : this.#decideAmongRanked(pod, steps, ranking);
  }

  /**
   * As `decide`, of the nodes that `allows` by slot.
   * @throws PeapodError `Invalid` when there is no profile for the pod
   */
  decideWithin(pod: PodInfo, allows: (node: number) => boolean): Decision {
    const [gate] = pod.template.gates;
    if (gate !== undefined) return this.#refused([], 'SchedulingGates');
    return this.#decideByScan(pod, this.stepsFor(pod), allows);
  }

  /** All nodes that suit the pod, by name. */
  feasibleNodes(pod: PodInfo): string[] {
    const steps = this.stepsFor(pod);
    const count = this.#scan.filter(steps, []);
    return [...this.#scan.nodes.subarray(0, count)].map((node) => this.#nameOf(node));
  }

  /** The slots of all nodes that suit the pod, the best first. */
  rankedNodes(pod: PodInfo): number[] {
    const steps = this.stepsFor(pod);
    const count = this.#scan.filter(steps, []);
    const nominees = this.nominated.thatMatterTo(pod);
    if (count === 0) return [];
    const ranked = this.#scan.rank(steps, pod.template.shape);
    if (nominees.size === 0) return ranked;
    return ranked.filter((node) => this.#suitsBeside(pod, node, nominees.get(node)));
  }

  /** What the plugins of the pod's profile have to say about it, in the present state. */
  stepsFor(pod: PodInfo): Steps {
    return this.#plans.for(this.profileOf(pod), pod).stepsFor(pod);
  }

  /** Whether the node in a slot suits the pod, in the present state. */
  suits(pod: PodInfo, node: number): boolean {
    const one = new Int32Array([node]);
    return this.stepsFor(pod).filters.every(({ step }) => step.narrow(one, 1) === 1);
  }

  /** As `suits`, and with the pods nominated to the node that matter to the pod on it too. */
  suitsWithNominees(pod: PodInfo, node: number): boolean {
    if (!this.suits(pod, node)) return false;
    return this.nominated.isEmpty || this.#suitsBeside(pod, node, this.nominated.thatMatterTo(pod).get(node));
  }

  /** Every node's verdict and score, in the present state. */
  explain(pod: PodInfo): Explanation {
    return explainPod(this.snapshot, pod, this.stepsFor(pod));
  }

  #decideByRanking(ranking: NodeRanking): Decision {
    const choice = ranking.choose(this.#random);
    if (choice === undefined) return this.#refused(ranking.rejections(), undefined);
    const { node, score, ties } = choice;
    return { outcome: 'placed', node: this.#nameOf(node), score, ties, feasible: ranking.feasible };
  }

  /** Nothing when no node suits, or when the index is no use. */
  #decideByIndex(wish: FreeWish): Decision | undefined {
    const choice = this.#indexes.for(wish)?.choose(wish, this.#random);
    if (choice === undefined) return undefined;
    const { node, score, ties, feasible } = choice;
    return { outcome: 'placed', node: this.#nameOf(node), score, ties, feasible };
  }

  /** What follows from the nodes themselves is known; what other nodes and pods add is looked at for each. */
  #decideAmongRanked(pod: PodInfo, steps: Steps, ranking: NodeRanking): Decision {
    const count = this.#scan.filterRanked(ranking, steps);
    if (count === 0) return this.#decideByScan(pod, steps);
    return this.#placed(this.#scan.chooseRanked(ranking, steps, this.#random), count);
  }

  #placed({ place, score, ties }: ScannedChoice, feasible: number): Decision {
    const node = this.#nameOf(this.#scan.nodes[place] ?? 0);
    return { outcome: 'placed', node, score, ties, feasible };
  }

  #decideByScan(pod: PodInfo, steps: Steps, allows?: (node: number) => boolean): Decision {
    const rejections: RejectionCount[] = [];
    let count = this.#scan.filter(steps, rejections);
    if (allows !== undefined) count = this.#scan.keep(allows);
    const nominees = this.nominated.thatMatterTo(pod);
    if (nominees.size > 0)
      count = this.#scan.keep((node) => this.#suitsBeside(pod, node, nominees.get(node)));
    if (count === 0) return this.#refused(rejections, undefined);
    return this.#placed(this.#scan.choose(steps, pod.template.shape, this.#random), count);
  }

  /** A node must suit with the pods that are nominated to it as well as without. */
  #suitsBeside(pod: PodInfo, node: number, nominees: readonly PodInfo[] | undefined): boolean {
    if (nominees === undefined) return true;
    return this.snapshot.attempt(() => {
      for (const nominee of nominees) this.snapshot.place(nominee, node);
      return this.suits(pod, node);
    });
  }

  #refused(rejections: readonly RejectionCount[], gated: string | undefined): Decision {
    return { outcome: 'refused', nodes: this.snapshot.nodes.count, rejections, gated };
  }

  #nameOf(node: number): string {
    return this.snapshot.nodes.info(node).name;
  }
}
