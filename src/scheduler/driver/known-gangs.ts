/** The gangs of a cluster, and what becomes of one when the turn of one of its pods has come. */
import type { PodGroupV1alpha2 } from '../../model/api/types.ts';
import type { PodInfo } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';
import type { ClusterSnapshot } from '../engine/snapshot.ts';
import { sayGang } from '../explain/outcome-reason.ts';
import { planGangPreemption } from '../gang/gang-preemption.ts';
import { decideGang, type GangPlacement } from '../gang/place-gang.ts';
import { type Gang, gangPriority, readPodGroup } from '../gang/pod-group.ts';

export type GangTurn =
  | { readonly outcome: 'placed'; readonly assignments: GangPlacement['assignments'] }
  /** Who has to go first, so that the gang fits where it is assigned. */
  | {
      readonly outcome: 'preempts';
      readonly assignments: GangPlacement['assignments'];
      readonly victims: readonly PodInfo[];
      readonly message: string;
    }
  | { readonly outcome: 'refused'; readonly message: string };

export class KnownGangs {
  readonly #engine: SchedulingEngine;
  readonly #snapshot: ClusterSnapshot;
  readonly #gangs = new Map<string, Gang>();

  constructor(engine: SchedulingEngine, snapshot: ClusterSnapshot) {
    this.#engine = engine;
    this.#snapshot = snapshot;
  }

  /** @throws InvalidObjectError for a group that cannot be used; it is then as if it were not there */
  set(group: PodGroupV1alpha2, isGone: boolean): void {
    const key = `${group.metadata?.namespace ?? 'default'}/${group.metadata?.name ?? ''}`;
    const { gangPriorities, priorityClasses } = this.#snapshot.objects;
    this.#gangs.delete(key);
    gangPriorities.delete(key);
    if (isGone) return;
    const gang = readPodGroup(group);
    const priority = gangPriority(gang, priorityClasses);
    this.#gangs.set(key, gang);
    if (priority !== undefined) gangPriorities.set(key, priority);
  }

  /** @param members all that wait */
  decide(key: string, members: readonly PodInfo[]): GangTurn {
    const gang = this.#gangs.get(key);
    if (gang === undefined)
      return { outcome: 'refused', message: `waits for PodGroup ${key}, which is not there` };
    const decision = decideGang(this.#engine, gang, members);
    if (decision.outcome === 'placed') return decision;
    const message = sayGang(key, decision);
    if (decision.reason === 'members') return { outcome: 'refused', message };
    const plan = planGangPreemption(this.#engine, gang, members);
    if (plan === undefined) return { outcome: 'refused', message };
    const { assignments } = plan.placement;
    return { outcome: 'preempts', assignments, victims: plan.victims, message };
  }
}
