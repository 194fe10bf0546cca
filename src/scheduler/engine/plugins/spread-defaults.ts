/** Constraints for pods that have none but belong to a Service or controller. */
import { matchesSelector, type CompiledSelector } from '../pod/label-selector.ts';
import type { SpreadConstraint } from '../pod/spread-constraints.ts';
import type { PluginContext } from '../plugin.ts';

export interface DefaultConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly whenUnsatisfiable: string;
}

export const DEFAULT_CONSTRAINTS: readonly DefaultConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', maxSkew: 3, whenUnsatisfiable: 'ScheduleAnyway' },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, whenUnsatisfiable: 'ScheduleAnyway' },
];

export function defaultsFor(
  { snapshot, pod }: PluginContext,
  defaults: readonly DefaultConstraint[],
): SpreadConstraint[] {
  const { spreadOwners } = snapshot.objects;
  if (spreadOwners.size === 0 || defaults.length === 0) return [];
  const { namespace, labels } = pod.template;
  const selectors = [...spreadOwners.values()]
    .filter((owner) => owner.namespace === namespace && matchesSelector(owner.selector, labels))
    .map(({ selector }) => selector ?? []);
  if (selectors.length === 0) return [];
  const counted: CompiledSelector = selectors.flat();
  if (counted.length === 0) return [];
  return defaults.map(({ topologyKey, maxSkew, whenUnsatisfiable }) => ({
    topologyKey,
    maxSkew,
    minDomains: 1,
    mustHold: whenUnsatisfiable === 'DoNotSchedule',
    counted,
    self: 1,
    honorsAffinity: true,
    honorsTaints: false,
  }));
}
