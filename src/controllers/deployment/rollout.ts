/**
 * How many replicas each of a deployment's sets is to have next.
 * @see kubernetes/pkg/controller/deployment/rolling.go, recreate.go, sync.go
 */
import type { Deployment, ReplicaSet } from '../../model/api/types.ts';
import { intOrPercent } from '../../model/int-or-percent.ts';

export interface RolloutLimits {
  /** So many pods there may be more than wanted. */
  readonly maxSurge: number;
  /** So many of the wanted may be missing. */
  readonly maxUnavailable: number;
}

/** The sets by what they are: of the present template, or older. */
export interface Sets {
  readonly current: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

export interface Scaling {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

export function replicasOf({ spec }: ReplicaSet): number {
  return spec?.replicas ?? 1;
}

function availableOf({ status }: ReplicaSet): number {
  return status?.availableReplicas ?? 0;
}

/** Percentages of the wanted number: the surge is rounded up, what may be missing down; not both are 0. */
export function rolloutLimits({ spec }: Deployment): RolloutLimits {
  const wanted = spec?.replicas ?? 1;
  if (spec?.strategy?.type === 'Recreate') return { maxSurge: 0, maxUnavailable: wanted };
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec?.strategy?.rollingUpdate ?? {};
  const surge = intOrPercent(maxSurge, wanted, Math.ceil);
  const missing = intOrPercent(maxUnavailable, wanted, Math.floor);
  return { maxSurge: surge, maxUnavailable: surge === 0 && missing === 0 ? 1 : missing };
}

/** What to scale now; nothing when the sets are as they should be for the moment. */
export function planRollout(deployment: Deployment, sets: Sets): Scaling[] {
  if (sets.current === undefined) return [];
  if (deployment.spec?.strategy?.type === 'Recreate') return planRecreate(deployment, sets, sets.current);
  return planRolling(deployment, sets, sets.current);
}

function planRecreate({ spec }: Deployment, { old }: Sets, current: ReplicaSet): Scaling[] {
  const toStop = old.filter((set) => replicasOf(set) > 0).map((set) => ({ set, replicas: 0 }));
  if (toStop.length > 0) return toStop;
  // The old ones go first, to the last pod.
  if (old.some(({ status }) => (status?.replicas ?? 0) > 0)) return [];
  const wanted = spec?.replicas ?? 1;
  return replicasOf(current) === wanted ? [] : [{ set: current, replicas: wanted }];
}

function planRolling(deployment: Deployment, { old }: Sets, current: ReplicaSet): Scaling[] {
  const wanted = deployment.spec?.replicas ?? 1;
  const { maxSurge, maxUnavailable } = rolloutLimits(deployment);
  const all = [...old, current];
  const total = all.reduce((sum, set) => sum + replicasOf(set), 0);
  const grown = nextOfCurrent(replicasOf(current), wanted, total, maxSurge);
  const scalings: Scaling[] = grown === replicasOf(current) ? [] : [{ set: current, replicas: grown }];
  const least = wanted - maxUnavailable;
  const missingOfCurrent = replicasOf(current) - availableOf(current);
  let mayGo = total - least - missingOfCurrent;
  const left = new Map(old.map((set) => [set, replicasOf(set)]));
  if (mayGo <= 0) return scalings;
  // Pods that do not serve go first: nobody misses them.
  for (const set of byAge(old)) {
    const useless = Math.min(mayGo, (left.get(set) ?? 0) - availableOf(set));
    if (useless <= 0) continue;
    left.set(set, (left.get(set) ?? 0) - useless);
    mayGo -= useless;
  }
  const available = all.reduce((sum, set) => sum + availableOf(set), 0);
  let spare = available - least;
  for (const set of byAge(old)) {
    const going = Math.min(spare, left.get(set) ?? 0);
    if (going <= 0) continue;
    left.set(set, (left.get(set) ?? 0) - going);
    spare -= going;
  }
  for (const [set, replicas] of left) if (replicas !== replicasOf(set)) scalings.push({ set, replicas });
  return scalings;
}

function nextOfCurrent(replicas: number, wanted: number, total: number, maxSurge: number): number {
  if (replicas >= wanted) return wanted;
  const room = wanted + maxSurge - total;
  return room <= 0 ? replicas : replicas + Math.min(room, wanted - replicas);
}

/** A paused deployment, or one whose number alone has changed: every set gets its share. */
export function planProportional(deployment: Deployment, { current, old }: Sets): Scaling[] {
  const wanted = deployment.spec?.replicas ?? 1;
  const active = [...old, ...(current === undefined ? [] : [current])].filter((set) => replicasOf(set) > 0);
  const only = active.length <= 1 ? (active[0] ?? current ?? byAge(old).at(-1)) : undefined;
  if (only !== undefined) return replicasOf(only) === wanted ? [] : [{ set: only, replicas: wanted }];
  const allowed = wanted === 0 ? 0 : wanted + rolloutLimits(deployment).maxSurge;
  const total = active.reduce((sum, set) => sum + replicasOf(set), 0);
  let left = allowed - total;
  if (left === 0) return [];
  const bySize = active.toSorted((a, b) => replicasOf(b) - replicasOf(a));
  const next = new Map(bySize.map((set) => [set, replicasOf(set)]));
  for (const set of bySize) {
    const part = Math.round((replicasOf(set) * allowed) / total) - replicasOf(set);
    const change = left > 0 ? Math.max(0, Math.min(part, left)) : Math.min(0, Math.max(part, left));
    next.set(set, replicasOf(set) + change);
    left -= change;
  }
  const [largest] = bySize;
  if (largest !== undefined) next.set(largest, Math.max(0, (next.get(largest) ?? 0) + left));
  return [...next]
    .filter(([set, replicas]) => replicas !== replicasOf(set))
    .map(([set, replicas]) => ({ set, replicas }));
}

export function byAge(sets: readonly ReplicaSet[]): ReplicaSet[] {
  const created = ({ metadata }: ReplicaSet) => metadata?.creationTimestamp ?? '';
  return sets.toSorted((a, b) => (created(a) < created(b) ? -1 : created(a) > created(b) ? 1 : 0));
}
