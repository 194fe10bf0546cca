import type { Pod } from '../../model/api/types.ts';
import type { PodHostname } from './pod-hostname.ts';

export const ETC_HOSTS = '/etc/hosts';

/** Whether the pod's own `/etc/hosts` is mounted there: unless a volume is. */
export function mountsEtcHosts(volumeMounts: readonly { mountPath: string }[]): boolean {
  return volumeMounts.every(({ mountPath }) => mountPath.replace(/\/+$/, '') !== ETC_HOSTS);
}

/** The text of a pod's `/etc/hosts`. @see kubernetes/pkg/kubelet/kubelet_pods.go managedHostsFileContent */
export function etcHosts(pod: Pod, names: PodHostname, podIps: readonly string[], nodeHosts: string): string {
  const lines =
    pod.spec?.hostNetwork === true
      ? ['# Kubernetes-managed hosts file (host network).', nodeHosts.trimEnd()]
      : [
          '# Kubernetes-managed hosts file.',
          '127.0.0.1\tlocalhost',
          '::1\tlocalhost ip6-localhost ip6-loopback',
          'fe00::0\tip6-localnet',
          'fe00::0\tip6-mcastprefix',
          'fe00::1\tip6-allnodes',
          'fe00::2\tip6-allrouters',
          ...podIps.map((ip) => `${ip}\t${ownNames(names)}`),
        ];
  const aliases = pod.spec?.hostAliases ?? [];
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.');
    for (const { ip, hostnames = [] } of aliases) lines.push([ip, ...hostnames].join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

function ownNames({ shortName, domain }: PodHostname): string {
  return domain === '' ? shortName : `${shortName}.${domain}\t${shortName}`;
}
