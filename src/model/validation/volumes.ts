import type { PodSpec, Volume } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { Seen } from '../seen.ts';
import { eachOf } from '../each-of.ts';
import { fieldsOf } from '../structure.ts';
import { isKnownValid } from './known-valid.ts';
import { checkDnsLabel } from './names.ts';
import { validateVolumeSource } from './volume-sources.ts';

/** Whatever a volume has besides its name is a source. */
export function sourceKinds(volume: Volume): string[] {
  const fields = fieldsOf('Volume');
  return Object.keys(volume).filter(
    (key) => key !== 'name' && volume[key as keyof Volume] !== undefined && fields?.has(key) === true,
  );
}

/** The names that mounts may refer to. */
export function volumeNames({ volumes = [] }: PodSpec): ReadonlySet<string> {
  return new Set(volumes.map(({ name }) => name));
}

export function validateVolumes(errors: FieldErrors, spec: PodSpec, specField: string): void {
  const names = new Seen<string>();
  eachOf(spec.volumes, `${specField}.volumes`, (volume, field) => {
    if (!isKnownValid(volume)) validateVolume(errors, volume, field);
    if (names.again(volume.name)) errors.duplicate(`${field}.name`, volume.name);
  });
}

function validateVolume(errors: FieldErrors, volume: Volume, field: string): void {
  const kinds = sourceKinds(volume);
  if (kinds.length === 0) errors.required(field, 'must specify a volume type');
  for (const extra of kinds.slice(1)) {
    errors.forbidden(`${field}.${extra}`, 'may not specify more than 1 volume type');
  }
  validateVolumeSource(errors, volume, field);
  if (volume.name === '') errors.required(`${field}.name`);
  else errors.invalidFor(`${field}.name`, volume.name, checkDnsLabel(volume.name));
}
