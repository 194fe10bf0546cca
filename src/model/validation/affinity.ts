import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { validateLabelSelector } from './label-selector.ts';
import { checkDnsLabel, checkLabelValue, checkQualifiedName } from './names.ts';

export function validateAffinity(errors: FieldErrors, affinity: Affinity | undefined, field: string): void {
  const node = affinity?.nodeAffinity;
  const required = node?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required !== undefined) {
    validateNodeSelector(
      errors,
      required,
      `${field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`,
    );
  }
  const preferred = node?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  eachOf(preferred, `${field}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution`, (term, path) => {
    checkWeight(errors, term.weight, path);
    validateNodeTerm(errors, term.preference, `${path}.preference`);
  });
  validatePodAffinity(errors, affinity?.podAffinity, `${field}.podAffinity`);
  validatePodAffinity(errors, affinity?.podAntiAffinity, `${field}.podAntiAffinity`);
}

export function validateNodeSelector(errors: FieldErrors, selector: NodeSelector, field: string): void {
  const path = `${field}.nodeSelectorTerms`;
  const terms = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) errors.required(path, 'must have at least one node selector term');
  for (const [index, term] of terms.entries()) validateNodeTerm(errors, term, `${path}[${index}]`);
}

function checkWeight(errors: FieldErrors, weight: number, field: string): void {
  if (weight < 1 || weight > 100) errors.invalid(`${field}.weight`, weight, 'must be in the range 1-100');
}

function validateNodeTerm(errors: FieldErrors, term: NodeSelectorTerm, field: string): void {
  eachOf(term.matchExpressions, `${field}.matchExpressions`, (requirement, path) => {
    validateOperator(errors, requirement, path);
    errors.invalidFor(`${path}.key`, requirement.key, checkQualifiedName(requirement.key));
    for (const [at, value] of (requirement.values ?? []).entries()) {
      errors.invalidFor(`${path}.values[${at}]`, value, checkLabelValue(value));
    }
  });
  eachOf(term.matchFields, `${field}.matchFields`, (requirement, path) => {
    if (requirement.operator !== 'In' && requirement.operator !== 'NotIn') {
      errors.invalid(`${path}.operator`, requirement.operator, 'not a valid selector operator');
    } else if (requirement.values?.length !== 1) {
      errors.required(
        `${path}.values`,
        "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
      );
    }
    if (requirement.key !== 'metadata.name') {
      errors.invalid(`${path}.key`, requirement.key, 'not a valid field selector key');
    }
  });
}

function validateOperator(errors: FieldErrors, requirement: NodeSelectorRequirement, field: string): void {
  const count = requirement.values?.length ?? 0;
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (count === 0) {
        errors.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
      }
      return;
    case 'Exists':
    case 'DoesNotExist':
      if (count > 0) {
        errors.forbidden(
          `${field}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        );
      }
      return;
    case 'Gt':
    case 'Lt':
      if (count !== 1) {
        errors.required(`${field}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
      } else if (!/^[+-]?\d+$/.test(requirement.values?.[0] ?? '')) {
        errors.invalid(`${field}.values[0]`, requirement.values?.[0], 'must be an integer');
      }
      return;
    default:
      errors.invalid(`${field}.operator`, requirement.operator, 'not a valid selector operator');
  }
}

function validatePodAffinity(errors: FieldErrors, affinity: PodAffinity | undefined, field: string): void {
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [index, term] of required.entries()) {
    validatePodTerm(errors, term, `${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`);
  }
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  eachOf(preferred, `${field}.preferredDuringSchedulingIgnoredDuringExecution`, (term, path) => {
    checkWeight(errors, term.weight, path);
    validatePodTerm(errors, term.podAffinityTerm, `${path}.podAffinityTerm`);
  });
}

function validatePodTerm(errors: FieldErrors, term: PodAffinityTerm, field: string): void {
  validateLabelSelector(errors, term.labelSelector, `${field}.labelSelector`);
  validateLabelSelector(errors, term.namespaceSelector, `${field}.namespaceSelector`);
  for (const [index, name] of (term.namespaces ?? []).entries()) {
    errors.invalidFor(`${field}.namespaces[${index}]`, name, checkDnsLabel(name));
  }
  for (const list of ['matchLabelKeys', 'mismatchLabelKeys'] as const) {
    const keys = term[list] ?? [];
    if (keys.length > 0 && term.labelSelector === undefined) {
      errors.forbidden(`${field}.${list}`, 'must not be specified when labelSelector is not set');
    }
    for (const [index, key] of keys.entries()) {
      errors.invalidFor(`${field}.${list}[${index}]`, key, checkQualifiedName(key));
    }
  }
  if (term.topologyKey === '') errors.required(`${field}.topologyKey`, 'can not be empty');
  else errors.invalidFor(`${field}.topologyKey`, term.topologyKey, checkQualifiedName(term.topologyKey));
}
