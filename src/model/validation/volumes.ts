import type { PodSpec, Volume } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { fieldsOf } from '../structure.ts';
import { checkDnsLabel } from './names.ts';
import { validateVolumeSource } from './volume-sources.ts';

/** Whatever a volume has besides its name is a source. */
export function sourceKinds(volume: Volume): string[] {
  const fields = fieldsOf('Volume');
  return Object.keys(volume).filter(
    (key) => key !== 'name' && volume[key as keyof Volume] !== undefined && fields?.has(key) === true,
  );
}

export function validateVolumes(errors: FieldErrors, spec: PodSpec, specField: string): void {
  const names = new Set<string>();
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const field = `${specField}.volumes[${index}]`;
    const kinds = sourceKinds(volume);
    if (kinds.length === 0) errors.required(field, 'must specify a volume type');
    for (const extra of kinds.slice(1)) {
      errors.forbidden(`${field}.${extra}`, 'may not specify more than 1 volume type');
    }
    validateVolumeSource(errors, volume, field);
    if (volume.name === '') errors.required(`${field}.name`);
    else errors.invalidFor(`${field}.name`, volume.name, checkDnsLabel(volume.name));
    if (names.has(volume.name)) errors.duplicate(`${field}.name`, volume.name);
    names.add(volume.name);
  }
}
