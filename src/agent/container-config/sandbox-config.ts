import type { Pod } from '../../model/api/types.ts';
import type { DnsConfig, IdMapping, PodSandboxConfig, PortMapping } from '../../runtime/pod-runtime.ts';
import { podLabels } from '../container-labels.ts';
import { podIdentity } from '../pod-identity.ts';
import { podNamespaces, sandboxSecurityContext } from './security-context.ts';
import { podSysctls } from './sysctls.ts';

export interface SandboxFacts {
  attempt: number;
  /** Empty with the node's network. */
  hostname: string;
  logDirectory: string;
  cgroupParent: string;
  dns: DnsConfig | undefined;
  userns: { uids: IdMapping[]; gids: IdMapping[] } | undefined;
  seccompProfilePath: (name: string) => string;
}

/** What the runtime has to know of a pod to make its sandbox. */
export function sandboxConfig(pod: Pod, facts: SandboxFacts): PodSandboxConfig {
  const namespaces = podNamespaces(pod.spec, facts.userns === undefined ? {} : { userns: facts.userns });
  return {
    metadata: { ...podIdentity(pod), attempt: facts.attempt },
    hostname: facts.hostname,
    logDirectory: facts.logDirectory,
    ...(facts.dns === undefined ? {} : { dns: facts.dns }),
    portMappings: portMappings(pod),
    labels: { ...pod.metadata?.labels, ...podLabels(pod) },
    annotations: { ...pod.metadata?.annotations },
    linux: {
      cgroupParent: facts.cgroupParent,
      namespaces,
      sysctls: podSysctls(pod),
      securityContext: sandboxSecurityContext(pod, namespaces, facts.seccompProfilePath),
    },
  };
}

/** With the node's network a port is the node's anyway. */
export function portMappings({ spec }: Pod): PortMapping[] {
  if (spec?.hostNetwork === true) return [];
  const serving = [
    ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
    ...(spec?.containers ?? []),
  ];
  return serving
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort = 0 }) => hostPort > 0)
    .map(({ protocol = 'TCP', containerPort, hostPort = 0, hostIP = '' }) => ({
      protocol: protocol as PortMapping['protocol'],
      containerPort,
      hostPort,
      hostIp: hostIP,
    }));
}
