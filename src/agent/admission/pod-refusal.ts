/**
 * Whether the node takes a pod that was given to it.
 * @see kubernetes/pkg/kubelet/lifecycle/predicate.go
 */
import type { Node, Pod } from '../../model/api/types.ts';
import { selectsNode } from '../../model/node-selector.ts';
import { podRequests } from '../../model/pod-requests.ts';
import {
  milliCpuOf,
  parseResources,
  type ResourceAmounts,
  wholeAmountOf,
} from '../../model/resource-list.ts';
import { untolerated } from '../../model/tolerations.ts';
import { isStaticPod } from '../static-pods/static-pod.ts';
import { hostPortConflict } from './host-port-conflict.ts';

/** Why a pod is failed before anything of it is made. */
export interface PodRefusal {
  readonly reason: string;
  readonly message: string;
}

/** @param others the node's other pods that it has taken and that have not ended */
export function podRefusal(pod: Pod, others: readonly Pod[], node: Node): PodRefusal | undefined {
  const { spec } = pod;
  if (spec?.os?.name !== undefined && spec.os.name !== 'linux')
    return {
      reason: 'PodOSNotSupported',
      message: "Failed to admit pod as the OS field doesn't match node OS",
    };
  const short = shortResource(pod, others, parseResources(node.status?.allocatable));
  if (short !== undefined) return short;
  if (spec !== undefined && !selectsNode(spec, node))
    return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  if (hostPortConflict(pod, others))
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  const taints = untolerated(node.spec?.taints, spec?.tolerations, ['NoExecute']);
  if (taints.length > 0 && !isStaticPod(pod))
    return failed('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
}

function failed(predicate: string, why: string): PodRefusal {
  return { reason: predicate, message: `Predicate ${predicate} failed: ${why}` };
}

function shortResource(
  pod: Pod,
  others: readonly Pod[],
  allocatable: ResourceAmounts,
): PodRefusal | undefined {
  // A node that has not said yet what it has takes all.
  if (allocatable.size === 0) return undefined;
  const room = wholeAmountOf(allocatable, 'pods');
  if (others.length + 1 > room) return outOf('pods', 1, others.length, room);
  const wanted = podRequests(pod);
  const used = others.map((other) => podRequests(other, { granted: true }));
  for (const name of inOrder(wanted)) {
    const amount = name === 'cpu' ? milliCpuOf : (list: ResourceAmounts) => wholeAmountOf(list, name);
    const [requested, capacity] = [amount(wanted), amount(allocatable)];
    const taken = used.reduce((sum, amounts) => sum + amount(amounts), 0);
    if (requested > 0 && requested + taken > capacity) return outOf(name, requested, taken, capacity);
  }
  return undefined;
}

function inOrder(wanted: ResourceAmounts): string[] {
  const first = ['cpu', 'memory', 'ephemeral-storage'];
  return [...first, ...[...wanted.keys()].filter((name) => !first.includes(name))];
}

function outOf(resource: string, requested: number, used: number, capacity: number): PodRefusal {
  return {
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}
