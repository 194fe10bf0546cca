import type { PodSpec, Toleration, TopologySpreadConstraint } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { isKnownValid } from './known-valid.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';
import { validateLabelSelector } from './label-selector.ts';
import { checkDnsSubdomain, checkLabelValue, checkQualifiedName } from './names.ts';
import { validateLabels } from './object-meta.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const UNSATISFIABLE = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSION = ['Honor', 'Ignore'];
const PREEMPTION = ['Never', 'PreemptLowerPriority'];

/** Where a pod may be placed, without its affinity. */
export function validateScheduling(errors: FieldErrors, spec: PodSpec, field: string): void {
  validateLabels(errors, spec.nodeSelector, `${field}.nodeSelector`);
  eachOf(spec.tolerations, `${field}.tolerations`, (toleration, path) => {
    if (!isKnownValid(toleration)) validateToleration(errors, toleration, path);
  });
  validateSpreads(errors, spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`);
  if (spec.nodeName) errors.invalidFor(`${field}.nodeName`, spec.nodeName, checkDnsSubdomain(spec.nodeName));
  if (spec.schedulerName === '') errors.required(`${field}.schedulerName`);
  if (spec.priorityClassName) {
    errors.invalidFor(
      `${field}.priorityClassName`,
      spec.priorityClassName,
      checkDnsSubdomain(spec.priorityClassName),
    );
  }
  if (spec.preemptionPolicy !== undefined && !PREEMPTION.includes(spec.preemptionPolicy))
    errors.notSupported(`${field}.preemptionPolicy`, spec.preemptionPolicy, PREEMPTION);
  const gates = new Seen<string>();
  eachOf(spec.schedulingGates, `${field}.schedulingGates`, (gate, path) => {
    errors.invalidFor(`${path}.name`, gate.name, checkQualifiedName(gate.name));
    if (gates.again(gate.name)) errors.duplicate(path, gate.name);
  });
  const group = spec.schedulingGroup?.podGroupName;
  if (group !== undefined)
    errors.invalidFor(`${field}.schedulingGroup.podGroupName`, group, checkDnsSubdomain(group));
}

function validateToleration(errors: FieldErrors, toleration: Toleration, field: string): void {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  if (key !== '') errors.invalidFor(`${field}.key`, key, checkQualifiedName(key));
  else if (operator !== 'Exists') {
    errors.invalid(
      `${field}.operator`,
      operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    );
  }
  if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  if (operator === '' || operator === 'Equal') {
    errors.invalidFor(`${field}.value`, value, checkLabelValue(value));
  } else if (operator !== 'Exists') errors.notSupported(`${field}.operator`, operator, ['Equal', 'Exists']);
  else if (value !== '') {
    errors.invalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'");
  }
  if (effect !== '' && !EFFECTS.includes(effect)) errors.notSupported(`${field}.effect`, effect, EFFECTS);
}

function validateSpreads(
  errors: FieldErrors,
  spreads: readonly TopologySpreadConstraint[],
  field: string,
): void {
  const seen = new Seen<string>();
  eachOf(spreads, field, (spread, path) => {
    validateSpread(errors, spread, path);
    const pair = `{${spread.topologyKey}, ${spread.whenUnsatisfiable}}`;
    if (seen.again(pair)) errors.duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, pair);
  });
}

function validateSpread(errors: FieldErrors, spread: TopologySpreadConstraint, field: string): void {
  if (spread.maxSkew <= 0) errors.invalid(`${field}.maxSkew`, spread.maxSkew, 'must be greater than zero');
  if (spread.topologyKey === '') errors.required(`${field}.topologyKey`, 'can not be empty');
  else errors.invalidFor(`${field}.topologyKey`, spread.topologyKey, checkQualifiedName(spread.topologyKey));
  if (!UNSATISFIABLE.includes(spread.whenUnsatisfiable)) {
    errors.notSupported(`${field}.whenUnsatisfiable`, spread.whenUnsatisfiable, UNSATISFIABLE);
  }
  if (spread.minDomains !== undefined) {
    if (spread.minDomains <= 0)
      errors.invalid(`${field}.minDomains`, spread.minDomains, 'must be greater than zero');
    if (spread.whenUnsatisfiable === 'ScheduleAnyway') {
      errors.invalid(
        `${field}.minDomains`,
        spread.minDomains,
        'can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
      );
    }
  }
  for (const policy of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const value = spread[policy];
    if (value !== undefined && !INCLUSION.includes(value))
      errors.notSupported(`${field}.${policy}`, value, INCLUSION);
  }
  const keys = spread.matchLabelKeys ?? [];
  if (keys.length > 0 && spread.labelSelector === undefined) {
    errors.forbidden(`${field}.matchLabelKeys`, 'must not be specified when labelSelector is not set');
  }
  for (const [index, key] of keys.entries()) {
    errors.invalidFor(`${field}.matchLabelKeys[${index}]`, key, checkQualifiedName(key));
  }
  validateLabelSelector(errors, spread.labelSelector, `${field}.labelSelector`);
}
