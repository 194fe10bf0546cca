import type { NamespaceOptions } from '../../pod-runtime.ts';
import type { OciNamespace } from './oci-spec.ts';

export interface NamespaceFacts {
  /** The sandbox's infra process, whose namespaces the container joins. */
  infraPid: number;
  options: NamespaceOptions;
  /** The first process of the container named by `targetId`, with `pid: 'TARGET'`. */
  targetPid: number | undefined;
  privileged: boolean;
  cgroupMode: 'v1' | 'v2';
}

/**
 * The namespaces of a container: mounts (and, without a word on it, processes) of its own, the others the pod's,
 * or the node's where the pod has the node's: then they are left out, and the runtime stays where it is.
 */
export function containerNamespaces(facts: NamespaceFacts): OciNamespace[] {
  const { options, infraPid } = facts;
  const joined = (name: string, pid = infraPid) => `/proc/${pid}/ns/${name}`;
  const namespaces: OciNamespace[] = [{ type: 'mount' }];
  if (options.userns) namespaces.push({ type: 'user', path: joined('user') });
  if (options.network === 'POD') namespaces.push({ type: 'network', path: joined('net') });
  if (options.ipc === 'POD') namespaces.push({ type: 'ipc', path: joined('ipc') });
  // With the node's network, the pod has the node's host name too: one UTS namespace for both.
  if (options.network === 'POD') namespaces.push({ type: 'uts', path: joined('uts') });
  if (options.pid === 'CONTAINER') namespaces.push({ type: 'pid' });
  if (options.pid === 'POD') namespaces.push({ type: 'pid', path: joined('pid') });
  if (options.pid === 'TARGET' && facts.targetPid)
    namespaces.push({ type: 'pid', path: joined('pid', facts.targetPid) });
  if (facts.cgroupMode === 'v2' && !facts.privileged) namespaces.push({ type: 'cgroup' });
  return namespaces;
}
