/** Single values that are refused although their field is honoured. */
import { isSafeSysctl } from './safe-sysctls.ts';
import type { SetField } from './visit-fields.ts';

/** Why this value of this field is refused, by type and field; nothing: it is fine. */
const RULES: Record<string, (value: unknown) => string | undefined> = {
  'PodOS.name': (value) => (value === 'windows' ? 'pods run on Linux only' : undefined),
  'Sysctl.name': (value) =>
    typeof value === 'string' && isSafeSysctl(value)
      ? undefined
      : `forbidden sysctl: ${JSON.stringify(value)} not allowlisted`,
  'EmptyDirVolumeSource.medium': (value) =>
    typeof value === 'string' && value.startsWith('HugePages')
      ? 'volumes of huge pages are not made yet: use Memory'
      : undefined,
  'PersistentVolumeClaimSpec.volumeMode': (value) =>
    value === 'Block' ? 'raw block volumes need a storage driver of a cluster' : undefined,
};

/** The rules' fields, for the documentation. */
export const RESTRICTED_FIELDS: ReadonlySet<string> = new Set(Object.keys(RULES));

export function refusedValue(field: SetField): string | undefined {
  const key = `${field.typeName}.${field.name}`;
  return Object.hasOwn(RULES, key) ? RULES[key]?.(field.value) : undefined;
}
