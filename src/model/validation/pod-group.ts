/** Groups of pods that are placed together. @see KEP-4671 */
import type { PodGroupV1alpha2, WorkloadV1alpha2 } from '../api/types.ts';
import { type FieldError, FieldErrors } from '../field-error.ts';
import { eachOf } from '../each-of.ts';
import { checkDnsLabel, checkDnsSubdomain, checkQualifiedName } from './names.ts';
import { sameValue } from '../same-value.ts';

type GroupSpec = NonNullable<PodGroupV1alpha2['spec']>;
const MAX_TEMPLATES = 8;

export function validatePodGroup({ spec }: PodGroupV1alpha2): FieldError[] {
  const errors = new FieldErrors();
  validateGroup(errors, spec ?? {}, 'spec');
  return errors.list;
}

/** A group that is being placed stays as it is. */
export function validatePodGroupUpdate(next: PodGroupV1alpha2, previous: PodGroupV1alpha2): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validatePodGroup(next));
  if (!sameValue(next.spec, previous.spec)) errors.invalid('spec', next.spec ?? null, 'field is immutable');
  return errors.list;
}

export function validateWorkload({ spec }: WorkloadV1alpha2): FieldError[] {
  const errors = new FieldErrors();
  const templates = spec?.podGroupTemplates ?? [];
  const field = 'spec.podGroupTemplates';
  if (templates.length === 0) errors.required(field, 'must have at least one item');
  if (templates.length > MAX_TEMPLATES) errors.tooMany(field, templates.length, MAX_TEMPLATES);
  const names = new Set<string>();
  eachOf(templates, field, (template, path) => {
    const { name } = template;
    if (!name) errors.required(`${path}.name`);
    else errors.invalidFor(`${path}.name`, name, checkDnsLabel(name));
    if (names.has(name)) errors.duplicate(path, name);
    names.add(name);
    validateGroup(errors, template, path);
  });
  const { controllerRef } = spec ?? {};
  for (const name of ['kind', 'name'] as const) {
    if (controllerRef !== undefined && !controllerRef[name]) errors.required(`spec.controllerRef.${name}`);
  }
  return errors.list;
}

export function validateWorkloadUpdate(next: WorkloadV1alpha2, previous: WorkloadV1alpha2): FieldError[] {
  const errors = new FieldErrors();
  errors.addAll(validateWorkload(next));
  const fields = ['podGroupTemplates', 'controllerRef'] as const;
  for (const name of fields) {
    const before = previous.spec?.[name];
    if (before !== undefined && !sameValue(next.spec?.[name], before))
      errors.invalid(`spec.${name}`, next.spec?.[name] ?? null, 'field is immutable');
  }
  return errors.list;
}

function validateGroup(errors: FieldErrors, group: Partial<GroupSpec>, field: string): void {
  const { schedulingPolicy: policy, schedulingConstraints, resourceClaims = [], priorityClassName } = group;
  const path = `${field}.schedulingPolicy`;
  const set = (['basic', 'gang'] as const).filter((name) => policy?.[name] !== undefined);
  if (set.length === 0) errors.invalid(path, policy ?? null, 'must specify one of: `basic`, `gang`');
  if (set.length > 1) {
    errors.invalid(path, `{${set.join(', ')}}`, 'must specify exactly one of: `basic`, `gang`');
  }
  const minCount = policy?.gang?.minCount;
  if (policy?.gang !== undefined && minCount === undefined) errors.required(`${path}.gang.minCount`);
  if (minCount !== undefined && minCount < 1)
    errors.invalid(`${path}.gang.minCount`, minCount, 'must be greater than or equal to 1');
  const topology = schedulingConstraints?.topology ?? [];
  const at = `${field}.schedulingConstraints.topology`;
  if (topology.length > 1) errors.tooMany(at, topology.length, 1);
  for (const [index, { key }] of topology.entries()) {
    if (!key) errors.required(`${at}[${index}].key`);
    else errors.invalidFor(`${at}[${index}].key`, key, checkQualifiedName(key));
  }
  if (resourceClaims.length > 0)
    errors.forbidden(`${field}.resourceClaims`, 'not supported: there are no resource claims here');
  if (priorityClassName)
    errors.invalidFor(`${field}.priorityClassName`, priorityClassName, checkDnsSubdomain(priorityClassName));
}
