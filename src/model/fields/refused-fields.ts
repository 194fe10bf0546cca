/** What of a pod's specification is not supported: it is said, never ignored. */
import type { PersistentVolumeClaim, Pod, PodSpec } from '../api/types.ts';
import { eachOf } from '../each-of.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { RESTRICTED_FIELDS, refusedValue } from './refused-values.ts';
import { FieldSearch, isUnset } from './visit-fields.ts';

const REFUSED = new FieldSearch(
  (typeName, name, { kind }) => kind === 'refused' || RESTRICTED_FIELDS.has(`${typeName}.${name}`),
);
const TOKENS = new FieldSearch(
  (typeName, name) => typeName === 'VolumeProjection' && name === 'serviceAccountToken',
);

/** An error for each field that is set and refused, with the reason. */
export function refusedFields(pod: Pod): FieldError[] {
  return refusedBelow(pod.spec, 'PodSpec');
}

/** As `refusedFields`, of a claim. */
export function refusedClaimFields(claim: PersistentVolumeClaim): FieldError[] {
  return refusedBelow(claim.spec, 'PersistentVolumeClaimSpec');
}

/** As `refusedFields`, of what makes pods; `field` is where the specification stands: `spec.template.spec`. */
export function refusedTemplateFields(spec: PodSpec, field: string): FieldError[] {
  return refusedBelow(spec, 'PodSpec', field);
}

function refusedBelow(spec: unknown, typeName: string, root = 'spec'): FieldError[] {
  const errors = new FieldErrors();
  for (const field of REFUSED.visit(spec, typeName, root)) {
    const { verdict, value } = field;
    const refused = verdict.kind === 'refused' && !isUnset(value) ? verdict.reason : undefined;
    const reason = refused ?? refusedValue(field);
    if (reason !== undefined) errors.forbidden(field.path, `not supported: ${reason}`);
  }
  return errors.list;
}

/** Of what only a server can give, an error for each field that asks for it. */
export function refusedWithoutServer(pod: Pod): FieldError[] {
  const errors = new FieldErrors();
  for (const { path, value } of TOKENS.visit(pod.spec, 'PodSpec', 'spec')) {
    if (!isUnset(value)) errors.forbidden(path, 'not supported: there is no API server to make the token');
  }
  return errors.list;
}

export interface WarningOptions {
  /** Whether there is a server that keeps PriorityClasses and PodGroups; else fields that name one are warned of. */
  readonly server: boolean;
}

/** Fields of a pod's specification that name an object that only a server keeps, and its kind. */
const UNKNOWN_WITHOUT_SERVER: Partial<Record<string, string>> = {
  priorityClassName: 'PriorityClasses',
  schedulingGroup: 'PodGroups',
};

const WARNED = new FieldSearch(
  (typeName, name, { kind }) =>
    kind === 'without effect' || (typeName === 'PodSpec' && Object.hasOwn(UNKNOWN_WITHOUT_SERVER, name)),
);

/** What is accepted and does not do what its author may expect, a sentence each. */
export function podWarnings(pod: Pod, options: WarningOptions): string[] {
  const warnings: string[] = [];
  for (const { path, typeName, name, value, verdict } of WARNED.visit(pod.spec, 'PodSpec', 'spec')) {
    // The server itself writes the old name beside the new one.
    const isCopy = path === 'spec.serviceAccount' && value === pod.spec?.serviceAccountName;
    if (verdict.kind === 'without effect' && !isCopy && !isDefault(name, value)) {
      warnings.push(`${path}: has no effect: ${verdict.reason}`);
    }
    const unknown = options.server || typeName !== 'PodSpec' ? undefined : UNKNOWN_WITHOUT_SERVER[name];
    if (unknown !== undefined && !isUnset(value)) {
      warnings.push(`${path}: has no effect: there are no ${unknown} without a server`);
    }
  }
  for (const key of Object.keys(pod.metadata?.annotations ?? {})) {
    const field = deprecatedAnnotation(key);
    if (field !== undefined) warnings.push(`metadata.annotations[${key}]: has no effect: use ${field}`);
  }
  hiddenVariables(pod, warnings);
  return warnings;
}

/** What defaulting writes itself, and what a template may leave empty. */
function isDefault(name: string, value: unknown): boolean {
  if (name === 'enableServiceLinks') return true;
  if (isUnset(value)) return true;
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function deprecatedAnnotation(key: string): string | undefined {
  if (key.startsWith('container.apparmor.security.beta.kubernetes.io/'))
    return 'securityContext.appArmorProfile';
  if (/^(?:container\.)?seccomp\.security\.alpha\.kubernetes\.io\//.test(key))
    return 'securityContext.seccompProfile';
  return undefined;
}

const LISTS = ['initContainers', 'containers'] as const;

function hiddenVariables(pod: Pod, warnings: string[]): void {
  for (const list of LISTS)
    eachOf(pod.spec?.[list], `spec.${list}`, ({ env }, container) => {
      const seen = new Seen<string>();
      eachOf(env, `${container}.env`, ({ name }, path) => {
        if (seen.again(name)) warnings.push(`${path}: hides previous definition of ${JSON.stringify(name)}`);
      });
    });
}
