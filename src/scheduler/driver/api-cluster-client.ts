import type { ApiClient, KubernetesObject } from '../../client/api-client.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { startInformer } from '../../client/informer.ts';
import {
  CLAIMS,
  DISRUPTION_BUDGETS,
  NODES,
  POD_GROUPS,
  PODS,
  PRIORITY_CLASSES,
  type ResourceType,
  STORAGE_CLASSES,
  VOLUMES,
} from '../../client/resource-types.ts';
import type { Pod } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { podWithCondition } from '../../model/status/pod-scheduled.ts';
import { bindVolumes } from './bind-volumes.ts';
import type { ClusterClient, ClusterHandlers } from './cluster-client.ts';

export interface ApiClusterClientOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

const COMPONENT = 'default-scheduler';

/** The cluster behind an API server. */
export function apiClusterClient({ client, clock, random, onError }: ApiClusterClientOptions): ClusterClient {
  const identityOf = ({ metadata }: Pod) => ({
    namespace: metadata?.namespace ?? 'default',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
  });
  const events = new EventRecorder({ client, component: COMPONENT });
  return {
    bind: async (pod, nodeName) => {
      const { namespace, name, uid } = identityOf(pod);
      const target = { apiVersion: 'v1', kind: 'Node', name: nodeName };
      await client.post(PODS, namespace, name, 'binding', {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name, uid },
        target,
      });
    },
    bindVolumes: (pod, nodeName, signal) => bindVolumes({ client, clock }, pod, nodeName, signal),
    reportPending: async (pod, condition, nominatedNodeName) => {
      const { namespace, name, uid } = identityOf(pod);
      const { status } = podWithCondition(pod, condition, clock.now());
      const patch = {
        metadata: { uid },
        status: {
          conditions: status?.conditions,
          ...(nominatedNodeName === pod.status?.nominatedNodeName
            ? {}
            : { nominatedNodeName: nominatedNodeName ?? null }),
        },
      };
      await client.patch(PODS, namespace, name, 'merge', patch, { subresource: 'status' });
    },
    evict: async (pod, why) => {
      const { namespace, name, uid } = identityOf(pod);
      const condition = {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message: why,
      };
      const { status } = podWithCondition(pod, condition, clock.now());
      const patch = { metadata: { uid }, status: { conditions: status?.conditions } };
      await client.patch(PODS, namespace, name, 'merge', patch, { subresource: 'status' });
      await client.delete(PODS, namespace, name, { preconditions: { uid } });
    },
    recordEvent: (pod, type, reason, message) =>
      events.record({ apiVersion: 'v1', kind: 'Pod', ...pod }, { type, reason, message, at: clock.now() }),
    watch: (handlers, signal) => watchAll({ client, clock, random, onError }, handlers, signal),
  };
}

async function watchAll(
  options: ApiClusterClientOptions,
  handlers: ClusterHandlers,
  signal: AbortSignal,
): Promise<void> {
  const follow = <T extends KubernetesObject>(
    type: ResourceType<T>,
    onPresent: (object: T) => void,
    onGone: (object: T) => void,
  ) => startInformer({ ...options, type, signal, onAdd: onPresent, onUpdate: onPresent, onDelete: onGone });
  // What pods are judged by is known before the pods.
  const informers = [
    follow(
      PRIORITY_CLASSES,
      (one) => handlers.onPriorityClass(one, false),
      (one) => handlers.onPriorityClass(one, true),
    ),
    follow(
      POD_GROUPS,
      (one) => handlers.onPodGroup(one, false),
      (one) => handlers.onPodGroup(one, true),
    ),
    follow(
      DISRUPTION_BUDGETS,
      (one) => handlers.onDisruptionBudget(one, false),
      (one) => handlers.onDisruptionBudget(one, true),
    ),
    follow(
      STORAGE_CLASSES,
      (one) => handlers.onStorageClass(one, false),
      (one) => handlers.onStorageClass(one, true),
    ),
    follow(
      VOLUMES,
      (one) => handlers.onVolume(one, false),
      (one) => handlers.onVolume(one, true),
    ),
    follow(
      CLAIMS,
      (one) => handlers.onClaim(one, false),
      (one) => handlers.onClaim(one, true),
    ),
    follow(
      NODES,
      (node) => handlers.onNode(node),
      (node) => handlers.onNodeGone(node),
    ),
    follow(
      PODS,
      (pod) => handlers.onPod(pod),
      (pod) => handlers.onPodGone(pod),
    ),
  ];
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([Promise.all(informers.map(({ synced }) => synced)), aborted]);
  if (!signal.aborted) handlers.onSynced();
  await Promise.all(informers.map(({ ended }) => ended));
}
