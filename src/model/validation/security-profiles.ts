/** Seccomp and AppArmor profiles, of pods and of containers. */
import type { AppArmorProfile, SeccompProfile } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';
import { checkDescendingPath, checkNoControlCharacters } from './paths.ts';

const TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const MAX_APPARMOR_BYTES = 4095;

export function validateSeccomp(
  errors: FieldErrors,
  profile: SeccompProfile | undefined,
  field: string,
): void {
  if (profile === undefined) return;
  validateProfile(errors, profile, field, 'seccomp');
  if (profile.type === 'Localhost' && profile.localhostProfile) {
    checkDescendingPath(errors, profile.localhostProfile, `${field}.localhostProfile`);
  }
}

export function validateAppArmor(
  errors: FieldErrors,
  profile: AppArmorProfile | undefined,
  field: string,
): void {
  if (profile === undefined) return;
  validateProfile(errors, profile, field, 'AppArmor');
  const name = profile.localhostProfile ?? '';
  const path = `${field}.localhostProfile`;
  if (name !== name.trim()) errors.invalid(path, name, 'must not be padded with whitespace');
  if (Buffer.byteLength(name) > MAX_APPARMOR_BYTES) errors.tooLong(path, MAX_APPARMOR_BYTES);
  checkNoControlCharacters(errors, name, path);
}

function validateProfile(
  errors: FieldErrors,
  profile: { type: string; localhostProfile?: string },
  field: string,
  what: string,
): void {
  if (profile.type === '') errors.required(`${field}.type`, `${what} type is required`);
  else if (!TYPES.includes(profile.type)) errors.notSupported(`${field}.type`, profile.type, TYPES);
  const path = `${field}.localhostProfile`;
  if (profile.type === 'Localhost') {
    if (!profile.localhostProfile) errors.required(path, `must be set when ${what} type is Localhost`);
  } else if (profile.localhostProfile !== undefined) {
    errors.invalid(path, profile.localhostProfile, `can only be set when ${what} type is Localhost`);
  }
}
