/** Whose pods go first. @see kubernetes/pkg/kubelet/eviction/helpers.go rankMemoryPressure and its kin */
import type { Pod } from '../../model/api/types.ts';
import { podRequests } from '../../model/pod-requests.ts';
import { wholeAmountOf } from '../../model/resource-list.ts';
import type { EvictionSignal } from './eviction-settings.ts';

/** What a pod takes of the node. */
export interface PodShare {
  readonly pod: Pod;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly inodes: number;
  readonly processes: number;
  /** By container name. */
  readonly containers: ReadonlyMap<string, { readonly memoryBytes: number; readonly diskBytes: number }>;
}

/** The first to go comes first: who uses more than it asked for, then by priority, then by how much more. */
export function rankPods(shares: readonly PodShare[], signal: EvictionSignal): PodShare[] {
  return shares.toSorted(
    (a, b) =>
      Number(excess(b, signal) > 0) - Number(excess(a, signal) > 0) ||
      priorityOf(a.pod) - priorityOf(b.pod) ||
      excess(b, signal) - excess(a, signal),
  );
}

/** How much more than it asked for; inodes and processes nobody can ask for. */
function excess(
  { pod, memoryBytes, diskBytes, inodes, processes }: PodShare,
  signal: EvictionSignal,
): number {
  const requests = podRequests(pod);
  switch (signal) {
    case 'memory.available':
      return memoryBytes - wholeAmountOf(requests, 'memory');
    case 'nodefs.available':
    case 'imagefs.available':
      return diskBytes - wholeAmountOf(requests, 'ephemeral-storage');
    case 'nodefs.inodesFree':
    case 'imagefs.inodesFree':
      return inodes;
    case 'pid.available':
      return processes;
  }
}

function priorityOf({ spec }: Pod): number {
  return spec?.priority ?? 0;
}
