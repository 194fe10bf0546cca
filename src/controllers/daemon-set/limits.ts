import type { DaemonSet } from '../../model/api/types.ts';
import { intOrPercent } from '../../model/int-or-percent.ts';

export interface DaemonLimits {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** Percentages are of the nodes that the set wants, rounded up; not both are 0. */
export function daemonLimits({ spec }: DaemonSet, desired: number): DaemonLimits {
  const { maxSurge = 0, maxUnavailable = 1 } = spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = intOrPercent(maxSurge, desired, Math.ceil);
  const missing = intOrPercent(maxUnavailable, desired, Math.ceil);
  return { maxSurge: surge, maxUnavailable: surge === 0 && missing === 0 ? 1 : missing };
}

export function maySurge({ spec }: DaemonSet): boolean {
  if (spec?.updateStrategy?.type !== 'RollingUpdate') return false;
  return intOrPercent(spec.updateStrategy.rollingUpdate?.maxSurge ?? 0, 100, Math.ceil) > 0;
}
