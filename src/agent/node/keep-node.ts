/**
 * Keeps the node's object and its lease: others know by them that the node lives, and what it has.
 * @see kubernetes/pkg/kubelet/kubelet_node_status.go, component-helpers/apimachinery/lease
 */
import type { ApiClient } from '../../client/api-client.ts';
import { LEASES, NODES } from '../../client/resource-types.ts';
import type { Lease, Node, NodeStatus } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { isPeapodError } from '../../model/errors.ts';
import { type NodeDescription, nodeObject, nodeStatus } from './node-object.ts';

export interface KeepNodeOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly describe: () => Promise<NodeDescription>;
  readonly onError: (error: unknown) => void;
  /** Told once the node stands with its status. */
  readonly onReady?: () => void;
}

const LEASE_NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const LEASE_EVERY_MS = 10_000;
/** The status is written when it has changed, and this often anyway. */
const STATUS_EVERY_MS = 300_000;

export async function keepNode(options: KeepNodeOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, describe, onError, onReady } = options;
  let told = '';
  let toldMs = 0;
  let isReady = false;
  while (!signal.aborted) {
    try {
      const description = await describe();
      const node = await registered(client, description, clock.now());
      const essence = JSON.stringify({
        ...description,
        images: description.images.length,
        pressure: [...description.pressure],
      });
      const status = nodeStatus(description, node, clock.now());
      const isStale = clock.now() - toldMs >= STATUS_EVERY_MS || isContradicted(node, status);
      if (essence !== told || isStale) {
        const patch = { metadata: { labels: { ...description.labels } } };
        await client.patch(NODES, '', description.name, 'merge', patch);
        await client.patch(NODES, '', description.name, 'merge', { status }, { subresource: 'status' });
        [told, toldMs] = [essence, clock.now()];
      }
      await renewLease(client, node, clock.now());
      if (!isReady) onReady?.();
      isReady = true;
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
    }
    await clock.sleep(isReady ? LEASE_EVERY_MS : 200, { signal }).catch(() => {});
  }
}

/** Whether others have said otherwise: that nobody hears of this node, say. */
function isContradicted(node: Node, status: NodeStatus): boolean {
  const present = new Map(
    (node.status?.conditions ?? []).map(({ type, status: value }) => [type, value] as const),
  );
  return (status.conditions ?? []).some(({ type, status: value }) => present.get(type) !== value);
}

/** The node as the server has it, made when it is not there. */
async function registered(client: ApiClient, description: NodeDescription, nowMs: number): Promise<Node> {
  const present = await client.find(NODES, '', description.name);
  if (present !== undefined) return present;
  try {
    return await client.create(NODES, nodeObject(description, undefined, nowMs));
  } catch (error) {
    if (isPeapodError(error, 'AlreadyExists')) return client.get(NODES, '', description.name);
    throw error;
  }
}

async function renewLease(client: ApiClient, node: Node, nowMs: number): Promise<void> {
  const name = node.metadata?.name ?? '';
  const renewTime = new Date(nowMs).toISOString().replace('Z', '000Z');
  const present = await client.find(LEASES, LEASE_NAMESPACE, name);
  const lease: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...present?.metadata,
      name,
      namespace: LEASE_NAMESPACE,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: node.metadata?.uid ?? '' }],
    },
    spec: { ...present?.spec, holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime },
  };
  if (present === undefined) await client.create(LEASES, lease);
  else await client.update(LEASES, lease);
}
