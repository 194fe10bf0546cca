/** Nodes and ready pods, as agents would write them. */
import type { ApiClient } from '../../client/api-client.ts';
import { NODES, PODS } from '../../client/resource-types.ts';
import type { Node, NodeSpec, Pod } from '../../model/api/types.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';

export function createNode(
  client: ApiClient,
  name: string,
  { labels = {}, spec = {} }: { labels?: Record<string, string>; spec?: NodeSpec } = {},
): Promise<Node> {
  return client.create(NODES, {
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
  });
}

/** Puts a pod on a node, as the scheduler does. */
export async function bindPod(client: ApiClient, { metadata }: Pod, node: string): Promise<void> {
  const { namespace = '', name = '' } = metadata ?? {};
  await client.post(PODS, namespace, name, 'binding', {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { namespace, name },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  });
}

/** Writes that a pod runs, and whether it is ready. */
export async function setReady(
  client: ApiClient,
  { metadata }: Pod,
  isReady: boolean,
  nowMs: number,
): Promise<Pod> {
  const { namespace = '', name = '' } = metadata ?? {};
  const ready = { type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: apiTime(nowMs) };
  const status = { phase: 'Running', conditions: [ready] };
  return client.patch(PODS, namespace, name, 'merge', { status }, { subresource: 'status' });
}
