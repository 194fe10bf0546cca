/** One node's pods as an API server has them: what the agent works with. */
import type {
  ConfigMap,
  Event,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodCondition,
  PodStatus,
  Secret,
  TokenRequest,
} from '../model/api/types.ts';
import type { Clock } from '../model/clock.ts';
import { isPeapodError } from '../model/errors.ts';
import type { ApiClient } from './api-client.ts';
import { EventQueue } from './event-queue.ts';
import { EventRecorder } from './event-recorder.ts';
import { startInformer } from './informer.ts';
import type { PodClient, PodEvent, PodEventRecord } from './pod-client.ts';
import { CLAIMS, CONFIG_MAPS, EVENTS, PODS, SECRETS, VOLUMES } from './resource-types.ts';

export interface ServerPodClientOptions {
  readonly client: ApiClient;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onError: (error: unknown) => void;
}

export class ServerPodClient implements PodClient {
  readonly #options: ServerPodClientOptions;
  readonly #client: ApiClient;
  readonly #events: EventRecorder;
  /** What was written last of each pod, or is being written, by uid; and the version that it made, or the one before. */
  readonly #written = new Map<string, { ready: PodCondition | undefined; version: bigint }>();

  constructor(options: ServerPodClientOptions) {
    this.#options = options;
    this.#client = options.client;
    const { client, nodeName } = options;
    this.#events = new EventRecorder({ client, component: 'peapod', host: nodeName });
  }

  /** They are only to be read. */
  async listPods(): Promise<Pod[]> {
    return (await this.#client.list(PODS, { ...this.#own(), readOnly: true })).items;
  }

  getPod(namespace: string, name: string): Promise<Pod> {
    return this.#client.get(PODS, namespace, name);
  }

  createPod(pod: Pod): Promise<Pod> {
    return this.#client.create(PODS, pod);
  }

  async *watchPods({ signal }: { signal: AbortSignal }): AsyncGenerator<PodEvent> {
    const queue = new EventQueue<PodEvent>();
    const stop = new AbortController();
    const ended = AbortSignal.any([signal, stop.signal]);
    const { clock, random, onError } = this.#options;
    const informer = startInformer({
      client: this.#client,
      type: PODS,
      select: this.#own(),
      clock,
      random,
      signal: ended,
      onError,
      onAdd: (pod) => queue.push({ type: 'ADDED', pod }),
      onUpdate: (pod, previous) => {
        if (this.#isContradicted(pod)) this.#restoreReady(pod).catch(onError);
        // The agent's own status comes back to it: no news.
        if (wantedDiffers(pod, previous)) queue.push({ type: 'MODIFIED', pod });
      },
      onDelete: (pod) => {
        this.#written.delete(pod.metadata?.uid ?? '');
        queue.push({ type: 'DELETED', pod });
      },
    });
    try {
      yield* queue.events(ended);
    } finally {
      stop.abort();
      await informer.ended;
    }
  }

  /** Conditions that others have written stay. */
  async updatePodStatus(pod: Pod, status: PodStatus): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const patch = { metadata: { uid }, status: statusPatch(pod.status ?? {}, status) };
    // Before the write, since the watch may tell of it first, and that is nobody's contradiction.
    const ready = readyOf(status);
    this.#written.set(uid, { ready, version: this.#written.get(uid)?.version ?? versionOf(pod) });
    const written = await unlessGone(
      this.#client.patch(PODS, namespace, name, 'strategic', patch, { subresource: 'status' }),
    );
    if (written === undefined) this.#written.delete(uid);
    else this.#written.set(uid, { ready, version: versionOf(written) });
  }

  /** Whether somebody who took this node for lost has said since that the pod is not ready. */
  #isContradicted(pod: Pod): boolean {
    const written = this.#written.get(pod.metadata?.uid ?? '');
    if (written === undefined || versionOf(pod) <= written.version) return false;
    return written.ready?.status === 'True' && readyOf(pod.status)?.status !== 'True';
  }

  async #restoreReady(pod: Pod): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    const ready = this.#written.get(uid)?.ready;
    const untold = { reason: null, message: null };
    const patch = { metadata: { uid }, status: { conditions: [{ ...untold, ...ready }] } };
    await unlessGone(
      this.#client.patch(PODS, namespace, name, 'strategic', patch, { subresource: 'status' }),
    );
  }

  async deletePod(
    namespace: string,
    name: string,
    { uid, gracePeriodSeconds }: { uid?: string; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    await unlessGone(
      this.#client.delete(PODS, namespace, name, {
        ...(uid === undefined ? {} : { preconditions: { uid } }),
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      }),
    );
  }

  async removePod({ metadata }: Pod): Promise<void> {
    const { namespace = '', name = '', uid } = metadata ?? {};
    await this.deletePod(namespace, name, { gracePeriodSeconds: 0, ...(uid === undefined ? {} : { uid }) });
  }

  getConfigMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#client.find(CONFIG_MAPS, namespace, name);
  }

  getSecret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#client.find(SECRETS, namespace, name);
  }

  getPersistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return this.#client.find(CLAIMS, namespace, name);
  }

  readonly getPersistentVolume = (name: string): Promise<PersistentVolume | undefined> =>
    this.#client.find(VOLUMES, '', name);

  async createServiceAccountToken(
    { metadata, spec }: Pod,
    { audience, expirationSeconds }: { audience: string | undefined; expirationSeconds: number },
  ): Promise<{ token: string; expiresAt: number }> {
    const { namespace = '', name = '', uid = '' } = metadata ?? {};
    const account = encodeURIComponent(spec?.serviceAccountName || 'default');
    const request: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience === undefined || audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts/${account}/token`;
    const { status } = await this.#client.raw<TokenRequest>('POST', path, request);
    return { token: status?.token ?? '', expiresAt: Date.parse(status?.expirationTimestamp ?? '') };
  }

  /** What cannot be written keeps none of the others from it. */
  async recordEvents(events: readonly PodEventRecord[]): Promise<void> {
    const failures: unknown[] = [];
    for (const { pod, ...occurrence } of events)
      await this.#events
        .record({ ...pod, apiVersion: 'v1', kind: 'Pod' }, occurrence)
        .catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async listEvents({ involvedUid }: { involvedUid?: string } = {}): Promise<Event[]> {
    const select = involvedUid === undefined ? {} : { fieldSelector: `involvedObject.uid=${involvedUid}` };
    return (await this.#client.list(EVENTS, select)).items;
  }

  #own(): { fieldSelector: string } {
    return { fieldSelector: `spec.nodeName=${this.#options.nodeName}` };
  }
}

const REPLACE = { $patch: 'replace' };

/** A strategic merge patch from one status to the next: lists are replaced, but for the conditions, which are merged. */
function statusPatch(before: PodStatus, status: PodStatus): Record<string, unknown> {
  const conditions = status.conditions ?? [];
  const dropped = (before.conditions ?? []).filter(
    ({ type }) => !conditions.some((condition) => condition.type === type),
  );
  const merged = conditions.map((condition) => {
    const present = before.conditions?.find(({ type }) => type === condition.type) ?? {};
    return { ...nulls(present, condition), ...condition };
  });
  return {
    ...nulls(before, status),
    ...status,
    conditions: [...merged, ...dropped.map(({ type }) => ({ type, $patch: 'delete' }))],
    ...(status.podIPs === undefined ? {} : { podIPs: [...status.podIPs, REPLACE] }),
    ...(status.hostIPs === undefined ? {} : { hostIPs: [...status.hostIPs, REPLACE] }),
  };
}

/** Takes away, in a merge, what is no longer said. */
function nulls(before: object, now: object): Record<string, null> {
  const gone = Object.keys(before).filter((field) => !Object.hasOwn(now, field));
  return Object.fromEntries(gone.map((field) => [field, null]));
}

function readyOf(status: PodStatus | undefined): PodCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}

function versionOf({ metadata }: Pod): bigint {
  return BigInt(metadata?.resourceVersion ?? '0');
}

function wantedDiffers(a: Pod, b: Pod): boolean {
  return (
    JSON.stringify([
      a.metadata?.deletionTimestamp,
      a.metadata?.deletionGracePeriodSeconds,
      a.metadata?.labels,
      a.metadata?.annotations,
      a.spec,
      foreignConditions(a),
    ]) !==
    JSON.stringify([
      b.metadata?.deletionTimestamp,
      b.metadata?.deletionGracePeriodSeconds,
      b.metadata?.labels,
      b.metadata?.annotations,
      b.spec,
      foreignConditions(b),
    ])
  );
}

/** Conditions that others write and readiness gates look at. */
function foreignConditions({ spec, status }: Pod): unknown {
  const gates = new Set((spec?.readinessGates ?? []).map(({ conditionType }) => conditionType));
  return (status?.conditions ?? [])
    .filter(({ type }) => gates.has(type))
    .map(({ type, status: value }) => [type, value]);
}

/** A pod that is gone, or that another has taken the name of, needs nothing any more. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isPeapodError(error, 'NotFound') || isPeapodError(error, 'Conflict')) return undefined;
    throw error;
  }
}
