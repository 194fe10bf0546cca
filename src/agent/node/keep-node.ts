/**
 * Keeps the node's object and its lease: others know by them that the node lives, and what it has.
 * @see kubernetes/pkg/kubelet/kubelet_node_status.go, component-helpers/apimachinery/lease
 */
import type { ApiClient } from '../../client/api-client.ts';
import { NODES } from '../../client/resource-types.ts';
import type { Node, NodeStatus } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { nextBeat } from '../../model/nearest-beat.ts';
import { isPeapodError } from '../../model/errors.ts';
import type { NodeStartup } from '../stats/node-startup.ts';
import { leaseRenewal } from './node-lease.ts';
import { type NodeDescription, nodeObject, nodeStatus } from './node-object.ts';

export interface KeepNodeOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly describe: () => Promise<NodeDescription>;
  readonly onError: (error: unknown) => void;
  /** Told once the node stands with its status. */
  readonly onReady?: () => void;
  /** Told how the node comes up. */
  readonly startup?: Pick<NodeStartup, 'registering' | 'registered' | 'ready'>;
}

const LEASE_EVERY_MS = 10_000;
/** Each time twice as long, until the node stands. */
const FIRST_RETRY_MS = 200;
/** The status is written when it has changed, and this often anyway. */
const STATUS_EVERY_MS = 300_000;

export async function keepNode(options: KeepNodeOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, describe, onError, onReady, startup } = options;
  let told = '';
  let toldMs = 0;
  let isReady = false;
  let retryMs = FIRST_RETRY_MS;
  const renewLease = leaseRenewal(client);
  while (!signal.aborted) {
    try {
      const description = await describe();
      const node = await registered(options, description);
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
      await renewLease(node, clock.now());
      if (!isReady) {
        onReady?.();
        startup?.ready(clock.now());
      }
      isReady = true;
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
    }
    const now = clock.now();
    const restMs = isReady ? nextBeat(now, LEASE_EVERY_MS) - now : retryMs;
    retryMs = Math.min(retryMs * 2, LEASE_EVERY_MS);
    await clock.sleep(restMs, { signal }).catch(() => {});
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
async function registered(
  { client, clock, startup }: KeepNodeOptions,
  description: NodeDescription,
): Promise<Node> {
  startup?.registering(clock.now());
  const present = await client.find(NODES, '', description.name);
  if (present !== undefined) return present;
  try {
    const made = await client.create(NODES, nodeObject(description, undefined, clock.now()));
    startup?.registered(clock.now());
    return made;
  } catch (error) {
    if (isPeapodError(error, 'AlreadyExists')) return client.get(NODES, '', description.name);
    throw error;
  }
}
