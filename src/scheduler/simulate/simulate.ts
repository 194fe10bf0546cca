/** Places every pod that waits, as the scheduler would: by priority, gangs whole, evicting where that is due. */
import type { PodInfo } from '../engine/pod/pod-info.ts';
import { podName } from '../engine/pod/pod-info.ts';
import type { Placement, Refusal } from '../engine/decision.ts';
import { planPreemption } from '../engine/preemption.ts';
import { defaultPlugins } from '../engine/profile.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import type { ClusterSnapshot } from '../engine/snapshot.ts';
import { planGangPreemption } from '../gang/gang-preemption.ts';
import { decideGang, type GangPlacement, type GangRefusal } from '../gang/place-gang.ts';
import { SchedulingQueue } from '../queue/scheduling-queue.ts';
import { controllerOf } from './expand-controllers.ts';
import type { LoadedCluster } from './load-cluster.ts';

export type PodOutcome =
  | {
      readonly outcome: 'placed';
      readonly pod: PodInfo;
      readonly node: string;
      /** Nothing for the pods of a gang, which are placed together. */
      readonly placement: Placement | undefined;
    }
  | { readonly outcome: 'pending'; readonly pod: PodInfo; readonly gang: GangRefusal | undefined };

export interface Eviction {
  readonly pod: PodInfo;
  readonly node: string;
  /** For whom it had to go. */
  readonly by: string;
}

export interface SimulationResult {
  /** Every pod that waited, in the order of the input; then evicted ones that a controller made anew. */
  readonly pods: readonly PodOutcome[];
  readonly evictions: readonly Eviction[];
  readonly cluster: LoadedCluster;
}

/** What an onlooker may want to know at the moment of a decision, before the pod is placed. */
export type Onlooker = (pod: PodInfo, placement: Placement) => void;

/** Changes the cluster's snapshot: afterwards it holds what was placed. */
export function simulate(cluster: LoadedCluster, onlooker?: Onlooker): SimulationResult {
  return new Simulation(cluster, onlooker).run();
}

class Simulation {
  readonly #cluster: LoadedCluster;
  readonly #engine: SchedulingEngine;
  readonly #snapshot: ClusterSnapshot;
  readonly #onlooker: Onlooker | undefined;
  readonly #queue = new SchedulingQueue(defaultPlugins(), { maxUnschedulableMs: Number.POSITIVE_INFINITY });
  readonly #outcomes = new Map<string, PodOutcome>();
  readonly #gangs = new Map<string, Set<PodInfo>>();
  /** How many changes there had been when a gang was last refused. */
  readonly #refusedAt = new Map<string, number>();
  readonly #evictions: Eviction[] = [];
  #changes = 0;
  #nowMs = 0;

  constructor(cluster: LoadedCluster, onlooker: Onlooker | undefined) {
    this.#cluster = cluster;
    this.#engine = cluster.engine;
    this.#snapshot = cluster.snapshot;
    this.#onlooker = onlooker;
  }

  run(): SimulationResult {
    for (const pod of this.#cluster.waiting) this.#enqueue(pod);
    let seen = 0;
    for (;;) {
      const pod = this.#queue.pop(this.#nowMs);
      if (pod !== undefined) this.#try(pod);
      else if (this.#changes > seen) {
        seen = this.#changes;
        this.#queue.onChange({ event: 'PodAdded' }, this.#nowMs);
        this.#queue.onChange({ event: 'PodDeleted' }, this.#nowMs);
        this.#nowMs = this.#queue.nextWakeMs() ?? this.#nowMs;
      } else {
        const wakeMs = this.#queue.nextWakeMs();
        if (wakeMs === undefined) break;
        this.#nowMs = wakeMs;
      }
    }
    return { pods: [...this.#outcomes.values()], evictions: this.#evictions, cluster: this.#cluster };
  }

  #enqueue(pod: PodInfo): void {
    this.#outcomes.set(pod.key, { outcome: 'pending', pod, gang: undefined });
    if (!this.#engine.handles(pod.template.schedulerName)) return;
    if (pod.gang !== undefined) {
      if (!this.#cluster.gangs.has(pod.gang)) return;
      this.#gangs.set(pod.gang, (this.#gangs.get(pod.gang) ?? new Set()).add(pod));
    }
    this.#queue.add(pod, this.#nowMs);
  }

  #try(pod: PodInfo): void {
    if (pod.gang !== undefined) {
      this.#tryGang(pod, pod.gang);
      return;
    }
    const decision = this.#engine.decide(pod);
    if (decision.outcome === 'placed') {
      this.#place(pod, decision);
      return;
    }
    const plan = planPreemption(this.#engine, pod);
    if (plan === undefined) {
      this.#queue.failed(pod, pluginsOf(decision), this.#nowMs);
      return;
    }
    for (const victim of plan.victims) this.#evict(victim, plan.node, podName(pod));
    const second = this.#engine.decide(pod);
    if (second.outcome === 'placed') this.#place(pod, second);
    else this.#queue.failed(pod, pluginsOf(second), this.#nowMs);
  }

  #place(pod: PodInfo, placement: Placement): void {
    this.#onlooker?.(pod, placement);
    this.#settle(pod, placement.node, placement);
  }

  #settle(pod: PodInfo, node: string, placement: Placement | undefined): void {
    this.#snapshot.place(pod, this.#snapshot.slotOf(node));
    this.#queue.done(pod);
    this.#outcomes.set(pod.key, { outcome: 'placed', pod, node, placement });
    this.#changes++;
  }

  #tryGang(pod: PodInfo, key: string): void {
    const gang = this.#cluster.gangs.get(key);
    const members = [...(this.#gangs.get(key) ?? [])];
    if (gang === undefined || this.#refusedAt.get(key) === this.#changes) {
      this.#queue.failed(pod, [], this.#nowMs);
      return;
    }
    const decision = decideGang(this.#engine, gang, members);
    if (decision.outcome === 'placed') {
      this.#placeGang(key, decision);
      return;
    }
    const plan = decision.reason === 'members' ? undefined : planGangPreemption(this.#engine, gang, members);
    if (plan !== undefined) {
      for (const victim of plan.victims) this.#evict(victim, this.#nodeOf(victim), `gang ${key}`);
      this.#placeGang(key, plan.placement);
      return;
    }
    this.#refusedAt.set(key, this.#changes);
    for (const member of members)
      this.#outcomes.set(member.key, { outcome: 'pending', pod: member, gang: decision });
    const alone = this.#engine.decide(pod);
    const plugins = alone.outcome === 'refused' ? pluginsOf(alone) : ['NodeResourcesFit'];
    this.#queue.failed(pod, plugins, this.#nowMs);
  }

  #placeGang(key: string, { assignments }: GangPlacement): void {
    for (const { pod, node } of assignments) {
      this.#gangs.get(key)?.delete(pod);
      this.#settle(pod, node, undefined);
    }
    this.#refusedAt.delete(key);
  }

  #evict(victim: PodInfo, node: string, by: string): void {
    this.#snapshot.remove(victim);
    this.#changes++;
    this.#evictions.push({ pod: victim, node, by });
    this.#outcomes.delete(victim.key);
    if (controllerOf(victim.pod.metadata) === undefined) return;
    const { nodeName: _, ...spec } = victim.pod.spec ?? { containers: [] };
    this.#enqueue(this.#snapshot.readPod({ ...victim.pod, spec }));
  }

  #nodeOf({ slot }: PodInfo): string {
    return this.#snapshot.nodes.info(slot).name;
  }
}

function pluginsOf({ rejections }: Refusal): string[] {
  return rejections.map(({ plugin }) => plugin);
}
