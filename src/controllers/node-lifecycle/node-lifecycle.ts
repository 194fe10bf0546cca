/**
 * Tells which nodes are lost, and taints nodes by what their conditions say.
 * @see kubernetes/pkg/controller/nodelifecycle/node_lifecycle_controller.go
 */
import { isDeepStrictEqual } from 'node:util';
import { LEASES, NODES, PODS } from '../../client/resource-types.ts';
import type { Node, Pod } from '../../model/api/types.ts';
import { isPeapodError } from '../../model/errors.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { type Controller, KeyedController, splitKey } from '../controller.ts';
import { recordEvent } from '../record-event.ts';
import { evictingTaint, isEvicting, wantedTaints } from './condition-taints.ts';
import { isAllLost, paceMs, zoneOf } from './eviction-pace.ts';
import { Heartbeats } from './heartbeats.ts';
import { readyCondition, unknownConditions } from './node-conditions.ts';

export interface NodeLifecycleOptions {
  /** How often each node is looked at. */
  readonly monitorPeriodMs: number;
  /** A node that is silent for longer is lost. */
  readonly gracePeriodMs: number;
}

export const DEFAULT_NODE_LIFECYCLE: NodeLifecycleOptions = { monitorPeriodMs: 5000, gracePeriodMs: 40_000 };

const COMPONENT = 'node-controller';
const LEASE_NAMESPACE = 'kube-node-lease';

export function nodeLifecycleController({
  monitorPeriodMs,
  gracePeriodMs,
}: NodeLifecycleOptions = DEFAULT_NODE_LIFECYCLE): Controller {
  return async (deps, signal) => {
    const { client, clock } = deps;
    const controller = new KeyedController('node lifecycle', deps, signal);
    const { queue } = controller;
    const heartbeats = new Heartbeats(monitorPeriodMs);
    const ready = new Map<string, boolean>();
    const lastEmptied = new Map<string, number>();
    const tell = (node: Node, reason: string, message: string) =>
      recordEvent(deps, COMPONENT, node, { type: 'Normal', reason, message });
    const nodes = controller.follow(NODES, {
      onAdd: ({ metadata }) => queue.add(`/${metadata?.name}`),
      onUpdate: ({ metadata }) => queue.add(`/${metadata?.name}`),
      onDelete: (node) => {
        heartbeats.forget(node.metadata?.name ?? '');
        queue.add(`/${node.metadata?.name}`);
      },
    });
    const leases = controller.follow(LEASES, {});
    const pods = controller.follow(PODS, {});

    await controller.run(async (key) => {
      const { name } = splitKey(key);
      const node = nodes.get('', name);
      if (node === undefined) return forget(name);
      const heard = await checkHealth(node);
      await noteReadiness(heard, name);
      await taint(heard);
      queue.addAfter(key, monitorPeriodMs);
    });

    async function forget(name: string): Promise<void> {
      if (!ready.delete(name)) return;
      const gone = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: name } };
      await tell(gone, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    }

    /** @returns the node as it is now */
    async function checkHealth(node: Node): Promise<Node> {
      const { name = '', uid, resourceVersion } = node.metadata ?? {};
      const silentMs = heartbeats.silence(node, leases.get(LEASE_NAMESPACE, name), clock.now());
      if (silentMs <= gracePeriodMs) return node;
      const conditions = unknownConditions(node, clock.now());
      if (isDeepStrictEqual(conditions, node.status?.conditions)) return node;
      const patch = { metadata: { uid, resourceVersion }, status: { conditions } };
      return client.patch(NODES, '', name, 'merge', patch, { subresource: 'status' });
    }

    /** What a node that is not ready runs is not ready either, as far as anybody can tell. */
    async function noteReadiness(node: Node, name: string): Promise<void> {
      const status = readyCondition(node)?.status;
      const before = ready.get(name);
      ready.set(name, status === 'True');
      if (before === undefined)
        await tell(node, 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
      const isLost = before === true && status !== 'True';
      if (isLost) await tell(node, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      if (!isLost && status !== 'Unknown') return;
      for (const pod of pods.list()) if (pod.spec?.nodeName === name) await markNotReady(pod);
    }

    async function markNotReady(pod: Pod): Promise<void> {
      const { namespace = '', name = '', uid, resourceVersion } = pod.metadata ?? {};
      const present = pod.status?.conditions ?? [];
      if (!present.some(({ type, status }) => type === 'Ready' && status === 'True')) return;
      const lastTransitionTime = apiTime(clock.now());
      const conditions = present.map((one) =>
        one.type === 'Ready' ? { ...one, status: 'False', lastTransitionTime } : one,
      );
      try {
        const patch = { metadata: { uid, resourceVersion }, status: { conditions } };
        await client.patch(PODS, namespace, name, 'merge', patch, { subresource: 'status' });
      } catch (error) {
        if (isPeapodError(error, 'NotFound')) return;
        throw error;
      }
      await recordEvent(deps, COMPONENT, pod, {
        type: 'Warning',
        reason: 'NodeNotReady',
        message: 'Node is not ready',
      });
    }

    async function taint(node: Node): Promise<void> {
      const { name = '', uid, resourceVersion } = node.metadata ?? {};
      const taints = wantedTaints(node, mayEvict(node), clock.now());
      if (isDeepStrictEqual(taints, node.spec?.taints ?? [])) return;
      await client.patch(NODES, '', name, 'merge', { metadata: { uid, resourceVersion }, spec: { taints } });
      if (!isEvicting(node) && evictingTaint(node) !== undefined) lastEmptied.set(zoneOf(node), clock.now());
    }

    /** What has begun goes on, unless nothing is heard of any node. */
    function mayEvict(node: Node): boolean {
      if (evictingTaint(node) === undefined) return false;
      const all = nodes.list().map((one) => (one.metadata?.name === node.metadata?.name ? node : one));
      if (isAllLost(all)) return false;
      if (isEvicting(node)) return true;
      const pace = paceMs(zoneOf(node), all);
      return pace !== undefined && clock.now() - (lastEmptied.get(zoneOf(node)) ?? -Infinity) >= pace;
    }
  };
}
