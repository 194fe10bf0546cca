/** Single values that are refused although their field is honoured. */
import type { SetField } from './visit-fields.ts';

/** Sysctls that concern one pod's namespaces only and harm no other. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** Why this value of this field is refused, by type and field; nothing: it is fine. */
const RULES: Record<string, (value: unknown) => string | undefined> = {
  'PodOS.name': (value) => (value === 'windows' ? 'pods run on Linux only' : undefined),
  'Sysctl.name': (value) =>
    typeof value === 'string' && SAFE_SYSCTLS.has(value.replaceAll('/', '.'))
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
