/**
 * Topology spread constraints, read once.
 * @see kubernetes/pkg/scheduler/framework/plugins/podtopologyspread/common.go
 */
import type { Pod, TopologySpreadConstraint } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';
import { type CompiledSelector, compileSelector, isOneOf, matchesSelector } from './label-selector.ts';
import { type Labels, readLabels } from './labels.ts';
import { checkCount } from './limits.ts';

export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly mustHold: boolean;
  /** What counts pods; the empty selector counts none. */
  readonly counted: CompiledSelector;
  /** 1 when the pod itself will count. */
  readonly self: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const POLICIES = ['Honor', 'Ignore'];

export function compileSpread(
  pod: Pod,
  constraints: readonly TopologySpreadConstraint[],
  errors: FieldErrors,
): SpreadConstraint[] {
  checkCount(constraints, 'spec.topologySpreadConstraints', errors);
  const labels = readLabels(pod.metadata?.labels);
  return constraints.map((constraint, index) =>
    readConstraint(constraint, labels, `spec.topologySpreadConstraints[${index}]`, errors),
  );
}

function readConstraint(
  constraint: TopologySpreadConstraint,
  labels: Labels,
  field: string,
  errors: FieldErrors,
): SpreadConstraint {
  const { maxSkew, minDomains = 1, topologyKey, whenUnsatisfiable, matchLabelKeys = [] } = constraint;
  const { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' } = constraint;
  if (!topologyKey) errors.required(`${field}.topologyKey`, 'can not be empty');
  for (const [name, value] of Object.entries({ maxSkew, minDomains })) {
    if (!Number.isInteger(value) || value < 1)
      errors.invalid(`${field}.${name}`, value, 'must be greater than 0');
  }
  if (!ACTIONS.includes(whenUnsatisfiable)) {
    errors.notSupported(`${field}.whenUnsatisfiable`, whenUnsatisfiable, ACTIONS);
  }
  for (const [name, value] of Object.entries({ nodeAffinityPolicy, nodeTaintsPolicy })) {
    if (!POLICIES.includes(value)) errors.notSupported(`${field}.${name}`, value, POLICIES);
  }
  const given = compileSelector(constraint.labelSelector, `${field}.labelSelector`, errors);
  const added = matchLabelKeys.flatMap((key) => {
    const value = labels.get(key);
    return value === undefined ? [] : [isOneOf(key, [value])];
  });
  const selector = given && [...given, ...added];
  return {
    topologyKey,
    maxSkew,
    minDomains,
    mustHold: whenUnsatisfiable === 'DoNotSchedule',
    counted: selector?.length === 0 ? undefined : selector,
    self: matchesSelector(selector, labels) ? 1 : 0,
    honorsAffinity: nodeAffinityPolicy === 'Honor',
    honorsTaints: nodeTaintsPolicy === 'Honor',
  };
}
