/** @see kubernetes/pkg/apis/core/validation/validation.go ValidateResourceQuotaSpec */
import { sameValue } from '../same-value.ts';
import type { ResourceQuota, ResourceQuotaSpec } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { tryParseQuantity } from '../quantity.ts';
import { checkDnsSubdomain, checkQualifiedName } from './names.ts';
import { validateList } from './resources.ts';

const NANO = 1_000_000_000n;
const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];
/** Of each pair only one can hold. */
const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
const COUNTED = [
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
];
const MEASURED = [
  'cpu',
  'ephemeral-storage',
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
  'requests.storage',
];

/** @param quota after defaulting */
export function validateResourceQuota({ spec = {} }: ResourceQuota): FieldError[] {
  const errors = new FieldErrors();
  validateList(errors, spec.hard, 'spec.hard');
  for (const [name, text] of Object.entries(spec.hard ?? {})) validateName(errors, name, text);
  validateScopes(errors, spec.scopes ?? []);
  validateSelector(errors, spec);
  return errors.list;
}

export function validateResourceQuotaUpdate(next: ResourceQuota, previous: ResourceQuota): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validateResourceQuota(next));
  const sorted = ({ spec = {} }: ResourceQuota) => [...(spec.scopes ?? [])].sort();
  if (!sameValue(sorted(next), sorted(previous)))
    errors.invalid('spec.scopes', next.spec?.scopes ?? [], 'field is immutable');
  return errors.list;
}

function validateName(errors: FieldErrors, name: string, text: string): void {
  const field = `spec.hard[${name}]`;
  errors.invalidFor(field, name, checkQualifiedName(name));
  const isHuge = /^(?:requests\.)?hugepages-./.test(name);
  if (!name.includes('/') && !COUNTED.includes(name) && !MEASURED.includes(name) && !isHuge)
    errors.invalid(field, name, 'must be a standard resource for quota');
  const nano = tryParseQuantity(text)?.nano ?? 0n;
  const isCount = COUNTED.includes(name) || name.startsWith('count/');
  if (isCount && nano % NANO !== 0n) errors.invalid(field, text, 'must be an integer');
}

function validateScopes(errors: FieldErrors, scopes: readonly string[]): void {
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) errors.invalid('spec.scopes', scopes, 'unsupported scope');
  }
  for (const pair of CONFLICTS) {
    if (pair.every((scope) => scopes.includes(scope)))
      errors.invalid('spec.scopes', scopes, 'conflicting scopes');
  }
}

function validateSelector(errors: FieldErrors, { scopeSelector }: ResourceQuotaSpec): void {
  eachOf(scopeSelector?.matchExpressions, `spec.scopeSelector.matchExpressions`, (requirement, field) => {
    const { scopeName, operator, values = [] } = requirement;
    if (!SCOPES.includes(scopeName)) errors.invalid(`${field}.scopeName`, scopeName, 'unsupported scope');
    if (scopeName !== 'PriorityClass' && scopeName !== 'VolumeAttributesClass' && operator !== 'Exists')
      errors.invalid(
        `${field}.operator`,
        operator,
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      );
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.required(
          `${field}.values`,
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        );
      for (const [at, value] of values.entries())
        errors.invalidFor(`${field}.values[${at}]`, value, checkDnsSubdomain(value));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.invalid(
          `${field}.values`,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        );
    } else errors.invalid(`${field}.operator`, operator, 'not a valid selector operator');
  });
}
