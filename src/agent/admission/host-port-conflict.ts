import type { ContainerPort, Pod } from '../../model/api/types.ts';
import { isSidecar } from '../../model/pod-requests.ts';

/** Whether a port of the node that the pod asks for belongs to another pod already. */
export function hostPortConflict(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return false;
  const taken = others.flatMap(hostPorts);
  return wanted.some((port) => taken.some((other) => clash(port, other)));
}

function hostPorts({ spec }: Pod): ContainerPort[] {
  const serving = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []).filter(isSidecar)];
  return serving.flatMap(({ ports = [] }) => ports).filter(({ hostPort = 0 }) => hostPort > 0);
}

function clash(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false;
  return isAny(a.hostIP) || isAny(b.hostIP) || a.hostIP === b.hostIP;
}

function isAny(address: string | undefined): boolean {
  return address === undefined || address === '' || address === '0.0.0.0' || address === '::';
}
