/**
 * A `PodClient` without a server: objects are files that several peapod processes share.
 *
 *     <root>/objects/pods/<namespace>_<name>.json         what is wanted: metadata and spec
 *     <root>/objects/status/<uid>.json                    what the agent last saw
 *     <root>/objects/events/<uid>.json                    what happened
 *     <root>/objects/{configmaps,claims}/<namespace>_<name>.json
 *     <secrets>/<namespace>_<name>.json                   on a tmpfs, root's alone
 *
 * A file is replaced by rename, so a reader sees the old one or the new one. Writers of the same pod take a lock.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type {
  ConfigMap,
  EphemeralContainer,
  Event,
  PersistentVolumeClaim,
  Pod,
  PodStatus,
  Secret,
} from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';
import type { FollowOptions, UserClient } from '../user-client.ts';
import type { PodClient, PodEvent, PodEventRecord } from '../pod-client.ts';
import { addEvent } from './event-list.ts';
import { ObjectFolder, type Step } from './object-folder.ts';
import { watchFolders } from './watch-folders.ts';
import { eventName } from '../event-name.ts';

export interface DirectoryClientOptions {
  /** Outlives a reboot. */
  root: string;
  /** Gone after a reboot: locks lie here. */
  run: string;
  /** The folder of secrets, on a tmpfs. It is removed with the last secret. */
  secrets: string;
  clock: Clock;
  /** Waits for an exclusive lock on a file, made when missing. Disposing it gives it back. */
  lock: (path: string) => Promise<AsyncDisposable>;
  /** Does each change of a file. */
  step?: Step;
}

export class DirectoryClient implements PodClient, UserClient {
  readonly #pods: ObjectFolder<Pod>;
  readonly #statuses: ObjectFolder<PodStatus>;
  readonly #events: ObjectFolder<Event[]>;
  readonly #configMaps: ObjectFolder<ConfigMap>;
  readonly #secrets: ObjectFolder<Secret>;
  readonly getPersistentVolume = undefined;
  readonly #claims: ObjectFolder<PersistentVolumeClaim>;
  readonly #options: DirectoryClientOptions;

  constructor(options: DirectoryClientOptions) {
    const objects = join(options.root, 'objects');
    const { step } = options;
    this.#options = options;
    this.#pods = new ObjectFolder(join(objects, 'pods'), { step });
    this.#statuses = new ObjectFolder(join(objects, 'status'), { step, isRebuilt: true });
    this.#events = new ObjectFolder(join(objects, 'events'), { step, isRebuilt: true });
    this.#configMaps = new ObjectFolder(join(objects, 'configmaps'), { step });
    this.#claims = new ObjectFolder(join(objects, 'claims'), { step });
    this.#secrets = new ObjectFolder(options.secrets, { step });
  }

  async listPods(): Promise<Pod[]> {
    const pods = await this.#pods.list();
    return Promise.all(pods.map((pod) => this.#withStatus(pod)));
  }

  async getPod(namespace: string, name: string): Promise<Pod> {
    const pod = await this.#pods.read(key(namespace, name));
    if (pod === undefined) throw podNotFound(name);
    return this.#withStatus(pod);
  }

  async createPod(pod: Pod): Promise<Pod> {
    const { status: _, ...wanted } = pod;
    const created: Pod = {
      ...wanted,
      metadata: {
        ...pod.metadata,
        uid: pod.metadata?.uid ?? randomUUID(),
        creationTimestamp: new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
        generation: 1,
        resourceVersion: '1',
      },
    };
    const { namespace, name } = identity(created);
    if (!(await this.#pods.create(key(namespace, name), created))) {
      throw new PeapodError('AlreadyExists', `pods "${name}" already exists`);
    }
    return created;
  }

  async *watchPods({ signal }: { signal: AbortSignal }): AsyncIterable<PodEvent> {
    let known = new Map<string, Pod>();
    for await (const _ of watchFolders([this.#pods.path], { signal })) {
      const current = new Map<string, Pod>();
      for (const pod of await this.listPods()) current.set(identity(pod).uid, pod);
      for (const [uid, pod] of known) if (!current.has(uid)) yield { type: 'DELETED', pod };
      for (const [uid, pod] of current) {
        const before = known.get(uid);
        if (before === undefined) yield { type: 'ADDED', pod };
        else if (before.metadata?.resourceVersion !== pod.metadata?.resourceVersion)
          yield { type: 'MODIFIED', pod };
      }
      known = current;
    }
  }

  async *followPods({ signal, only }: FollowOptions): AsyncGenerator<readonly Pod[]> {
    for await (const _ of watchFolders([this.#pods.path, this.#statuses.path], { signal })) {
      if (only === undefined) yield await this.listPods();
      else {
        const pod = await this.#pods.read(key(only.namespace, only.name));
        yield pod === undefined ? [] : [await this.#withStatus(pod)];
      }
    }
  }

  async updatePodStatus(pod: Pod, status: PodStatus): Promise<void> {
    const { namespace, name, uid } = identity(pod);
    const present = await this.#pods.read(key(namespace, name));
    if (present?.metadata?.uid === uid) await this.#statuses.write(uid, status);
  }

  async deletePod(
    namespace: string,
    name: string,
    options: { uid?: string; gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    await this.changePod(namespace, name, (pod) => {
      if (options.uid !== undefined && options.uid !== pod.metadata?.uid) throw podNotFound(name);
      const wanted = options.gracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
      const earlier = pod.metadata?.deletionGracePeriodSeconds;
      const grace = earlier === undefined ? wanted : Math.min(wanted, earlier);
      const deletionTimestamp = new Date(this.#options.clock.now() + grace * 1000)
        .toISOString()
        .replace(/\.\d+Z$/, 'Z');
      return { ...pod, metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace } };
    });
  }

  /**
   * Changes what is wanted of a pod, alone with it.
   * @throws PeapodError NotFound
   */
  async changePod(namespace: string, name: string, change: (pod: Pod) => Pod): Promise<Pod> {
    await using _ = await this.#options.lock(join(this.#options.run, 'locks', `pod-${key(namespace, name)}`));
    const present = await this.#pods.read(key(namespace, name));
    if (present === undefined) throw podNotFound(name);
    const changed = change(present);
    const resourceVersion = String(Number(present.metadata?.resourceVersion ?? '0') + 1);
    const stored: Pod = { ...changed, metadata: { ...changed.metadata, resourceVersion } };
    await this.#pods.write(key(namespace, name), stored);
    return stored;
  }

  async annotatePod({ metadata }: Pod, annotations: Readonly<Record<string, string>>): Promise<void> {
    await this.changePod(metadata?.namespace ?? 'default', metadata?.name ?? '', (pod) => ({
      ...pod,
      metadata: { ...pod.metadata, annotations: { ...pod.metadata?.annotations, ...annotations } },
    }));
  }

  async addEphemeralContainer({ metadata }: Pod, container: EphemeralContainer): Promise<void> {
    await this.changePod(metadata?.namespace ?? 'default', metadata?.name ?? '', (pod) => ({
      ...pod,
      spec: {
        containers: [],
        ...pod.spec,
        ephemeralContainers: [...(pod.spec?.ephemeralContainers ?? []), container],
      },
    }));
  }

  async removePod(pod: Pod): Promise<void> {
    const { namespace, name, uid } = identity(pod);
    const present = await this.#pods.read(key(namespace, name));
    // The pod last: whoever is killed before is asked again.
    await this.#events.remove(uid);
    await this.#statuses.remove(uid);
    if (present?.metadata?.uid === uid) await this.#pods.remove(key(namespace, name));
  }

  getConfigMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#configMaps.read(key(namespace, name));
  }

  getSecret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#secrets.read(key(namespace, name));
  }

  getPersistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
    return this.#claims.read(key(namespace, name));
  }

  createServiceAccountToken(): Promise<never> {
    return Promise.reject(
      new PeapodError('Unsupported', 'no service account token: there is no API server to make it'),
    );
  }

  /** Stores a ConfigMap, Secret or PersistentVolumeClaim, replacing the one with its name. */
  async apply(object: ConfigMap | Secret | PersistentVolumeClaim): Promise<void> {
    const { namespace = 'default', name = '' } = object.metadata ?? {};
    if (object.kind === 'ConfigMap') await this.#configMaps.write(key(namespace, name), object);
    else if (object.kind === 'Secret') await this.#secrets.write(key(namespace, name), object);
    else await this.#claims.write(key(namespace, name), object);
  }

  /** Takes the claim away; its data stays. */
  async removeClaim(namespace: string, name: string): Promise<void> {
    await this.#claims.remove(key(namespace, name));
  }

  /** Takes ConfigMaps and Secrets away that no pod refers to. Claims and their data stay. */
  async collectUnused(
    isUsed: (pod: Pod, kind: 'ConfigMap' | 'Secret', name: string) => boolean,
  ): Promise<void> {
    const pods = await this.#pods.list();
    const collect = async (folder: ObjectFolder<ConfigMap | Secret>, kind: 'ConfigMap' | 'Secret') => {
      for (const object of await folder.list()) {
        const { namespace = 'default', name = '' } = object.metadata ?? {};
        const used = pods.some((pod) => identity(pod).namespace === namespace && isUsed(pod, kind, name));
        if (!used) await folder.remove(key(namespace, name));
      }
    };
    await collect(this.#configMaps, 'ConfigMap');
    await collect(this.#secrets, 'Secret');
    await this.#secrets.removeIfEmpty();
  }

  /** Takes away what processes that died left: half-written files, status and events of pods that are gone. */
  async collectLeftovers(): Promise<void> {
    for (const folder of [
      this.#pods,
      this.#statuses,
      this.#events,
      this.#configMaps,
      this.#claims,
      this.#secrets,
    ])
      await folder.removeTorn();
    const ofPods = [this.#statuses, this.#events];
    // Before the pods: the record of one that comes meanwhile is none of these.
    const found = await Promise.all(ofPods.map(async (folder) => ({ folder, uids: await folder.keys() })));
    const present = new Set((await this.#pods.list()).map((pod) => identity(pod).uid));
    for (const { folder, uids } of found)
      for (const uid of uids) if (!present.has(uid)) await folder.remove(uid);
  }

  async recordEvents(records: readonly PodEventRecord[]): Promise<void> {
    const [first] = records;
    if (first === undefined) return;
    const { uid, name } = identity(first.pod);
    await using _ = await this.#options.lock(join(this.#options.run, 'locks', `events-${uid}`));
    let events = (await this.#events.read(uid)) ?? [];
    for (const record of records) events = addEvent(events, record, eventName(name, record.at));
    await this.#events.write(uid, events);
  }

  async listEvents(filter: { involvedUid?: string } = {}): Promise<Event[]> {
    if (filter.involvedUid !== undefined) return (await this.#events.read(filter.involvedUid)) ?? [];
    return (await this.#events.list()).flat();
  }

  async #withStatus(pod: Pod): Promise<Pod> {
    const status = await this.#statuses.read(identity(pod).uid);
    return status === undefined ? pod : { ...pod, status };
  }
}

function identity(pod: Pod): { namespace: string; name: string; uid: string } {
  const { namespace = 'default', name = '', uid = '' } = pod.metadata ?? {};
  return { namespace, name, uid };
}

function key(namespace: string, name: string): string {
  return `${namespace}_${name}`;
}

function podNotFound(name: string): PeapodError {
  return new PeapodError('NotFound', `pods "${name}" not found`);
}
