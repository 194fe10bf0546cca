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
  const [short] = shortages(pod, others, node);
  if (short !== undefined) return outOf(short);
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

/** What a node has not enough of for one more pod; cpu in thousandths. */
export interface Shortage {
  readonly resource: string;
  readonly requested: number;
  readonly used: number;
  readonly capacity: number;
}

/** Everything that is short, the first to be named first. */
export function shortages(pod: Pod, others: readonly Pod[], node: Node): Shortage[] {
  const allocatable = parseResources(node.status?.allocatable);
  // A node that has not said yet what it has takes all.
  if (allocatable.size === 0) return [];
  const wanted = podRequests(pod);
  const all = ['pods', ...inOrder(wanted)].map((resource) => ({
    resource,
    requested: resource === 'pods' ? 1 : amountOf(wanted, resource),
    used: others.reduce((sum, other) => sum + takenBy(other, resource), 0),
    capacity: amountOf(allocatable, resource),
  }));
  return all.filter(({ requested, used, capacity }) => requested > 0 && requested + used > capacity);
}

/** What a pod that the node has taken has of a resource. */
export function takenBy(pod: Pod, resource: string): number {
  return resource === 'pods' ? 1 : amountOf(podRequests(pod, { granted: true }), resource);
}

function amountOf(amounts: ResourceAmounts, resource: string): number {
  return resource === 'cpu' ? milliCpuOf(amounts) : wholeAmountOf(amounts, resource);
}

function inOrder(wanted: ResourceAmounts): string[] {
  const first = ['cpu', 'memory', 'ephemeral-storage'];
  return [...first, ...[...wanted.keys()].filter((name) => !first.includes(name))];
}

function outOf({ resource, requested, used, capacity }: Shortage): PodRefusal {
  return {
    reason: `OutOf${resource}`,
    message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`,
  };
}
