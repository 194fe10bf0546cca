import type { PodClient, PodEvent, PodEventRecord } from '../../client/pod-client.ts';
import type { ConfigMap, Pod, PodStatus, Secret } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { apiTime } from '../../model/status/pod-conditions.ts';
import { podIdentity } from '../pod-identity.ts';

/** A `PodClient` in memory. */
export class FakeClient implements PodClient {
  readonly getPersistentVolume = undefined;
  readonly pods = new Map<string, Pod>();
  readonly configMaps = new Map<string, ConfigMap>();
  readonly secrets = new Map<string, Secret>();
  readonly events: PodEventRecord[] = [];
  readonly statuses: PodStatus[] = [];
  readonly #watchers = new Set<(event: PodEvent) => void>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async listPods(): Promise<Pod[]> {
    return [...this.pods.values()].map((pod) => structuredClone(pod));
  }

  async getPod(_namespace: string, name: string): Promise<Pod> {
    const pod = [...this.pods.values()].find(({ metadata }) => metadata?.name === name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    return structuredClone(pod);
  }

  async createPod(pod: Pod): Promise<Pod> {
    this.pods.set(podIdentity(pod).uid, structuredClone(pod));
    this.#tell({ type: 'ADDED', pod: structuredClone(pod) });
    return pod;
  }

  async *watchPods({ signal }: { signal: AbortSignal }): AsyncIterable<PodEvent> {
    const pending: PodEvent[] = [...this.pods.values()].map((pod) => ({
      type: 'ADDED',
      pod: structuredClone(pod),
    }));
    let arrived = Promise.withResolvers<void>();
    const receive = (event: PodEvent): void => {
      pending.push(event);
      arrived.resolve();
    };
    const wake = (): void => arrived.resolve();
    this.#watchers.add(receive);
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        for (let event = pending.shift(); event !== undefined; event = pending.shift()) yield event;
        await arrived.promise;
        arrived = Promise.withResolvers<void>();
      }
    } finally {
      this.#watchers.delete(receive);
      signal.removeEventListener('abort', wake);
    }
  }

  async updatePodStatus(pod: Pod, status: PodStatus): Promise<void> {
    const { uid } = podIdentity(pod);
    const present = this.pods.get(uid);
    if (present === undefined) return;
    this.statuses.push(structuredClone(status));
    this.pods.set(uid, { ...present, status: structuredClone(status) });
  }

  async deletePod(
    _namespace: string,
    name: string,
    { gracePeriodSeconds }: { gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    this.change(name, (pod) => {
      const grace = gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
      return {
        ...pod,
        metadata: {
          ...pod.metadata,
          deletionTimestamp: apiTime(this.#clock.now() + grace * 1000),
          deletionGracePeriodSeconds: grace,
        },
      };
    });
  }

  /** Changes what is wanted of a pod. */
  change(name: string, change: (pod: Pod) => Pod): void {
    for (const [uid, pod] of this.pods) {
      if (pod.metadata?.name !== name) continue;
      const changed = change(structuredClone(pod));
      this.pods.set(uid, changed);
      this.#tell({ type: 'MODIFIED', pod: structuredClone(changed) });
    }
  }

  async removePod(pod: Pod): Promise<void> {
    const { uid } = podIdentity(pod);
    const present = this.pods.get(uid);
    this.pods.delete(uid);
    if (present !== undefined) this.#tell({ type: 'DELETED', pod: present });
  }

  async getConfigMap(_namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.configMaps.get(name);
  }

  async getSecret(_namespace: string, name: string): Promise<Secret | undefined> {
    return this.secrets.get(name);
  }

  async getPersistentVolumeClaim(): Promise<undefined> {
    return undefined;
  }

  async createServiceAccountToken(): Promise<never> {
    throw new Error('nobody makes tokens here');
  }

  async recordEvents(events: readonly PodEventRecord[]): Promise<void> {
    this.events.push(...events);
  }

  async listEvents(): Promise<never[]> {
    return [];
  }

  #tell(event: PodEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }
}
