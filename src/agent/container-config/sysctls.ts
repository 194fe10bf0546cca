import type { Pod } from '../../model/api/types.ts';
import { isSafeSysctl } from '../../model/fields/safe-sysctls.ts';

export function podSysctls(pod: Pod): Record<string, string> {
  const { sysctls = [] } = pod.spec?.securityContext ?? {};
  return Object.fromEntries(sysctls.map(({ name, value }) => [dotted(name), value]));
}

/** Why the node does not take the pod, in the kubelet's words; nothing when it does. */
export function sysctlRefusal(pod: Pod): { reason: string; message: string } | undefined {
  for (const { name } of pod.spec?.securityContext?.sysctls ?? []) {
    const sysctl = dotted(name);
    if (!isSafeSysctl(sysctl)) return forbidden(`forbidden sysctl: ${JSON.stringify(name)} not allowlisted`);
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
