/** Small changes of the cluster or of a pod after which the pod might fit: as data, in words, and carried out. */
import type { Node, Pod, Toleration } from '../../model/api/types.ts';
import { podName } from '../engine/pod/pod-info.ts';
import type { ClusterSnapshot } from '../engine/snapshot.ts';
import { exactAmount, formatAmount } from './format-amount.ts';
import { withoutFields } from './without-fields.ts';

export type ChangeStep =
  /** So much of a resource that is taken becomes free. */
  | { readonly kind: 'free'; readonly node: string; readonly resource: string; readonly amount: number }
  /** The node gets so much more; freeing would not be enough. */
  | { readonly kind: 'enlarge'; readonly node: string; readonly resource: string; readonly amount: number }
  | { readonly kind: 'evict'; readonly node: string; readonly pods: readonly string[] }
  | { readonly kind: 'uncordon'; readonly node: string }
  | { readonly kind: 'label'; readonly node: string; readonly key: string; readonly value: string }
  | { readonly kind: 'add-node'; readonly like: string }
  | { readonly kind: 'tolerate'; readonly key: string; readonly value: string; readonly effect: string }
  /** The pod asks for `to` instead of `from`. */
  | {
      readonly kind: 'request';
      readonly resource: string;
      readonly from: number;
      readonly to: number;
    }
  /** The pod goes without a field; positions in lists are those in the pod as it is now. */
  | { readonly kind: 'drop'; readonly field: string };

/** `free 512Mi memory on node-2` */
export function sayStep(step: ChangeStep): string {
  switch (step.kind) {
    case 'free':
      return `free ${formatAmount(step.resource, step.amount)} ${step.resource} on ${step.node}`;
    case 'enlarge':
      return `give ${step.node} ${formatAmount(step.resource, step.amount)} more ${step.resource}`;
    case 'evict':
      return `evict ${step.pods.join(', ')} from ${step.node}`;
    case 'uncordon':
      return `uncordon ${step.node}`;
    case 'label':
      return `label ${step.node} ${step.key}=${step.value}`;
    case 'add-node':
      return `add a node like ${step.like}`;
    case 'tolerate':
      return `tolerate the taint ${step.key}${step.value === '' ? '' : `=${step.value}`}:${step.effect}`;
    case 'request': {
      const amount = (value: number): string => formatAmount(step.resource, value);
      return `ask for ${amount(step.to)} ${step.resource} instead of ${amount(step.from)}`;
    }
    case 'drop':
      return `drop ${step.field}`;
  }
}

/** Carries the steps out on the snapshot and on the pod that waits. @returns the pod as it is then */
export function carryOut(steps: readonly ChangeStep[], snapshot: ClusterSnapshot, pod: Pod): Pod {
  let changed = pod;
  for (const step of steps) if (step.kind !== 'drop') changed = carryOutOne(step, snapshot, changed);
  return withoutFields(
    changed,
    steps.flatMap((step) => (step.kind === 'drop' ? [step.field] : [])),
  );
}

function carryOutOne(step: Exclude<ChangeStep, { kind: 'drop' }>, snapshot: ClusterSnapshot, pod: Pod): Pod {
  switch (step.kind) {
    case 'free':
    case 'enlarge':
      changeNode(snapshot, step.node, (node) => withMore(snapshot, node, step.resource, step.amount));
      return pod;
    case 'evict': {
      const names = new Set(step.pods);
      const there = snapshot.nodes.podsOn(snapshot.slotOf(step.node));
      for (const victim of there.filter((one) => names.has(podName(one)))) snapshot.remove(victim);
      return pod;
    }
    case 'uncordon':
      changeNode(snapshot, step.node, (node) => ({ ...node, spec: { ...node.spec, unschedulable: false } }));
      return pod;
    case 'label':
      changeNode(snapshot, step.node, (node) => withLabel(node, step.key, step.value));
      return pod;
    case 'add-node':
      addNodeLike(snapshot, step.like);
      return pod;
    case 'tolerate':
      return withToleration(pod, step);
    case 'request':
      return withRequest(snapshot, pod, step.resource, step.to);
  }
}

function changeNode(snapshot: ClusterSnapshot, name: string, change: (node: Node) => Node): void {
  snapshot.updateNode(change(snapshot.nodes.info(snapshot.slotOf(name)).node));
}

function withMore(snapshot: ClusterSnapshot, node: Node, resource: string, amount: number): Node {
  const info = snapshot.nodes.info(snapshot.slotOf(node.metadata?.name ?? ''));
  const has = resource === 'pods' ? info.allowedPods : (info.allocatable.get(resource) ?? 0);
  const allocatable = {
    ...(node.status?.allocatable ?? node.status?.capacity),
    [resource]: exactAmount(resource, has + amount),
  };
  return { ...node, status: { ...node.status, allocatable } };
}

function withLabel(node: Node, key: string, value: string): Node {
  return { ...node, metadata: { ...node.metadata, labels: { ...node.metadata?.labels, [key]: value } } };
}

const HOSTNAME = 'kubernetes.io/hostname';

/** An empty one, with a name of its own. */
export function addNodeLike(snapshot: ClusterSnapshot, like: string): string {
  const { node } = snapshot.nodes.info(snapshot.slotOf(like));
  let number = 1;
  while (snapshot.nodes.slotOf(`${like}-copy-${number}`) !== undefined) number++;
  const name = `${like}-copy-${number}`;
  snapshot.addNode(copyOfNode(node, name));
  return name;
}

export function copyOfNode(node: Node, name: string): Node {
  const labels = { ...node.metadata?.labels };
  if (labels[HOSTNAME] !== undefined) labels[HOSTNAME] = name;
  const { unschedulable: _, ...spec } = node.spec ?? {};
  return { ...node, metadata: { name, labels }, spec };
}

function withToleration(
  pod: Pod,
  { key, value, effect }: { key: string; value: string; effect: string },
): Pod {
  const toleration: Toleration =
    value === '' ? { key, operator: 'Exists', effect } : { key, operator: 'Equal', value, effect };
  const spec = pod.spec ?? { containers: [] };
  return { ...pod, spec: { ...spec, tolerations: [...(spec.tolerations ?? []), toleration] } };
}

/** Said for the pod as a whole, whichever of its containers asks for less. */
function withRequest(snapshot: ClusterSnapshot, pod: Pod, resource: string, to: number): Pod {
  const spec = pod.spec ?? { containers: [] };
  const overhead = snapshot.readPod({ ...pod, spec: { ...spec, resources: zeroRequest(resource) } });
  const own = to - (overhead.template.shape.requests.get(resource) ?? 0);
  const requests = { ...spec.resources?.requests, [resource]: exactAmount(resource, Math.max(0, own)) };
  return { ...pod, spec: { ...spec, resources: { ...spec.resources, requests } } };
}

function zeroRequest(resource: string): { requests: Record<string, string> } {
  return { requests: { [resource]: '0' } };
}
