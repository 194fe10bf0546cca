import type { Pod } from '../../model/api/types.ts';
import { podRequests } from '../../model/pod-requests.ts';
import { milliCpuOf, type ResourceAmounts, wholeAmountOf } from '../../model/resource-list.ts';

/** Why a pod cannot have the resources that it now asks for: as yet, or ever on this node. */
export interface ResizeRefusal {
  readonly reason: 'Deferred' | 'Infeasible';
  readonly message: string;
}

export interface ResizeNode {
  readonly milliCpu: number;
  readonly memoryBytes: number;
}

/**
 * Whether the node has room for the pod as it now is, beside the others.
 * @param others all other pods that have not ended; what they only ask for as yet does not count
 * @see kubernetes/pkg/kubelet/allocation/allocation_manager.go canResizePod
 */
export function resizeRefusal(pod: Pod, others: readonly Pod[], node: ResizeNode): ResizeRefusal | undefined {
  const wanted = podRequests(pod);
  const used = others.map((other) => podRequests(asGranted(other), { granted: true }));
  // As the kubelet: memory is told of first when there can never be enough, cpu when there is not enough now.
  for (const resource of [memory, cpu]) {
    const [requested, capacity] = [resource.of(wanted), resource.capacity(node)];
    if (requested <= capacity) continue;
    const message = `Node didn't have enough capacity: ${resource.name}, requested: ${requested}, capacity: ${capacity}`;
    return { reason: 'Infeasible', message };
  }
  for (const resource of [cpu, memory]) {
    const [requested, capacity] = [resource.of(wanted), resource.capacity(node)];
    const taken = used.reduce((sum, amounts) => sum + resource.of(amounts), 0);
    if (requested === 0 || requested + taken <= capacity) continue;
    const message = `Node didn't have enough resource: ${resource.name}, requested: ${requested}, used: ${taken}, capacity: ${capacity}`;
    return { reason: 'Deferred', message };
  }
  return undefined;
}

const cpu = {
  name: 'cpu',
  of: milliCpuOf,
  capacity: ({ milliCpu }: ResizeNode) => milliCpu,
};
const memory = {
  name: 'memory',
  of: (amounts: ResourceAmounts) => wholeAmountOf(amounts, 'memory'),
  capacity: ({ memoryBytes }: ResizeNode) => memoryBytes,
};

/** A resize that waits takes nothing yet. */
function asGranted(pod: Pod): Pod {
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === 'PodResizePending' ? { ...condition, reason: 'Infeasible' } : condition,
  );
  return { ...pod, status: { ...pod.status, conditions } };
}
