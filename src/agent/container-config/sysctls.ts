import type { Pod } from '../../model/api/types.ts';

/** Those that touch nobody outside the pod. @see kubernetes/pkg/kubelet/sysctl/safe_sysctls.go */
const SAFE: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);

export function podSysctls(pod: Pod): Record<string, string> {
  const { sysctls = [] } = pod.spec?.securityContext ?? {};
  return Object.fromEntries(sysctls.map(({ name, value }) => [dotted(name), value]));
}

/** Why the node does not take the pod, in the kubelet's words; nothing when it does. */
export function sysctlRefusal(pod: Pod): { reason: string; message: string } | undefined {
  for (const { name } of pod.spec?.securityContext?.sysctls ?? []) {
    const sysctl = dotted(name);
    if (!SAFE.has(sysctl)) return forbidden(`forbidden sysctl: ${JSON.stringify(name)} not allowlisted`);
    if (sysctl.startsWith('net.') && pod.spec?.hostNetwork === true) {
      return forbidden(`forbidden sysctl: ${JSON.stringify(name)} not allowed with host net enabled`);
    }
    if (sysctl.startsWith('kernel.') && pod.spec?.hostIPC === true) {
      return forbidden(`forbidden sysctl: ${JSON.stringify(name)} not allowed with host ipc enabled`);
    }
  }
  return undefined;
}

function forbidden(message: string): { reason: string; message: string } {
  return { reason: 'SysctlForbidden', message };
}

/** `net/ipv4/x` is another way to write `net.ipv4.x`. */
function dotted(name: string): string {
  const firstSlash = name.indexOf('/');
  const firstDot = name.indexOf('.');
  if (firstSlash < 0 || (firstDot >= 0 && firstDot < firstSlash)) return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}
