import type { Pod, PodStatus } from '../../model/api/types.ts';

/** `podIP`, `podIPs`, `hostIP`, `hostIPs`; on the node's network the pod's addresses are the node's. */
export function podAddresses(
  pod: Pod,
  sandboxIps: readonly string[],
  nodeIps: readonly string[],
): Pick<PodStatus, 'podIP' | 'podIPs' | 'hostIP' | 'hostIPs'> {
  const ips = pod.spec?.hostNetwork === true ? nodeIps : sandboxIps;
  const [podIP] = ips;
  const [hostIP] = nodeIps;
  return {
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: nodeIps.map((ip) => ({ ip })) }),
    ...(podIP === undefined ? {} : { podIP, podIPs: ips.map((ip) => ({ ip })) }),
  };
}

/** The pod as a container that is being made shall see it, though its status may not be written yet. */
export function withAddresses(pod: Pod, sandboxIps: readonly string[], nodeIps: readonly string[]): Pod {
  return { ...pod, status: { ...pod.status, ...podAddresses(pod, sandboxIps, nodeIps) } };
}
