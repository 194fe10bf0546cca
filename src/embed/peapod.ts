import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../client/api-client.ts';
import { EVENTS, PODS } from '../client/resource-types.ts';
import type { Event, Pod } from '../model/api/types.ts';
import type { Clock } from '../model/clock.ts';
import { PeapodError } from '../model/errors.ts';
import { type AppliedObject, type Manifest, ObjectApplier, readManifest } from './apply-objects.ts';
import { containerPod, type ContainerWishes } from './container-pod.ts';
import { Images } from './images.ts';
import { PodStreams } from './pod-streams.ts';
import { type EngineAccess, RunningPod } from './running-pod.ts';
import { reachServer, type Reached, reachSocket, type ServerAddress } from './reach-server.ts';
import { type EngineOptions, startEngine } from './start-engine.ts';
import { type WaitStrategy, Wait } from './wait-strategies.ts';

export interface RunOptions {
  /** Where objects go that name no namespace; `default` unless told. */
  readonly namespace?: string;
  /** What each pod is waited for; readiness unless told. */
  readonly wait?: WaitStrategy;
  /** 60 s unless told. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const CLOCK: Clock = {
  now: () => Date.now(),
  sleep: (delayMs, options) => delay(Math.max(delayMs, 0), undefined, options),
};

/**
 * A server that runs pods: an engine of one's own on this machine (`start`), or one that runs already (`connect`). Disposing of the former ends all
 * its pods and leaves nothing but images, as the end of this process does, however it ends; of the latter only connections are closed.
 */
export class Peapod implements AsyncDisposable {
  readonly images: Images;
  /** The whole Kubernetes API, typed. */
  readonly api: ApiClient;
  /** Of the API, for clients that are told by `kubeconfig`. */
  readonly url: string;
  /** Path of a kubeconfig for kubectl and client libraries. */
  readonly kubeconfig: string;
  readonly #end: () => Promise<void>;
  readonly #namespace: string;
  readonly #access: EngineAccess;
  readonly #applier: ObjectApplier;

  private constructor(
    { url, kubeconfig, namespace, transport, streams, images }: Reached,
    end: () => Promise<void>,
  ) {
    this.#end = end;
    this.#namespace = namespace;
    this.api = new ApiClient({ transport, name: 'peapod-embed' });
    this.images = new Images(images);
    this.url = url;
    this.kubeconfig = kubeconfig;
    this.#access = { api: this.api, transport, streams: new PodStreams(streams, CLOCK) };
    this.#applier = new ObjectApplier(this.api);
  }

  /**
   * An engine of one's own: API server, scheduler, node and controllers, from a fresh state, beside any others. Needs root.
   * @throws PeapodError with the reason when it does not get ready; the signal's reason
   */
  static async start(options: EngineOptions = {}): Promise<Peapod> {
    const engine = await startEngine(options);
    const { run, root, url } = engine;
    return new Peapod(reachSocket(run, root, url, options), async () => engine[Symbol.asyncDispose]());
  }

  /**
   * The server of this machine, for root, or any that a kubeconfig leads to. Its objects stay when this is disposed of.
   * @throws PeapodError FailedPrecondition when no server runs, Unavailable when it does not answer; what is wrong with the kubeconfig
   */
  static async connect(address: ServerAddress = {}): Promise<Peapod> {
    const reached = await reachServer(address);
    const peapod = new Peapod(reached, async () => {});
    try {
      await peapod.api.raw('GET', '/version');
    } catch (error) {
      await peapod[Symbol.asyncDispose]();
      throw error;
    }
    return peapod;
  }

  /** Makes the objects, or changes them to be as said, in order. Does not wait for anything. */
  async apply(manifest: Manifest, options: { namespace?: string } = {}): Promise<AppliedObject[]> {
    const applied: AppliedObject[] = [];
    for (const object of readManifest(manifest))
      applied.push(await this.#applier.apply(object, options.namespace ?? this.#namespace));
    return applied;
  }

  /** Deletes the objects of a manifest; gone is fine. */
  async delete(manifest: Manifest, options: { namespace?: string } = {}): Promise<void> {
    for (const object of readManifest(manifest).toReversed())
      await this.#applier.delete(object, options.namespace ?? this.#namespace);
  }

  /**
   * Applies a manifest and waits for all its pods.
   * @throws PeapodError TimedOut, FailedPrecondition; the pods stay, to be looked into
   */
  async runAll(manifest: Manifest, options: RunOptions = {}): Promise<RunningPod[]> {
    const applied = await this.apply(manifest, options);
    const pods = applied.filter(({ kind }) => kind === 'Pod').map((pod) => this.#running(pod as Pod));
    await Promise.all(pods.map((pod) => pod.waitFor(options.wait ?? Wait.forReady(), options)));
    return pods;
  }

  /** The same for the only pod of a manifest. @throws PeapodError Invalid when it has another number of them */
  async run(manifest: Manifest, options: RunOptions = {}): Promise<RunningPod> {
    const count = readManifest(manifest).filter(({ kind }) => kind === 'Pod').length;
    if (count !== 1)
      throw new PeapodError('Invalid', `the manifest has ${count} pods instead of one: use runAll`);
    const [pod] = await this.runAll(manifest, options);
    if (pod === undefined) throw new Error('bug: the pod was counted');
    return pod;
  }

  /** Runs a pod of one container, `main`, and waits for it. */
  runContainer(image: string, options: ContainerWishes & RunOptions = {}): Promise<RunningPod> {
    return this.run(containerPod(image, options), options);
  }

  /** A pod that is there. @throws PeapodError NotFound */
  async pod(name: string, namespace = this.#namespace): Promise<RunningPod> {
    return this.#running(await this.api.get(PODS, namespace, name));
  }

  /** The pods with these labels, or all. */
  async pods(select: { namespace?: string; labelSelector?: string } = {}): Promise<RunningPod[]> {
    return (await this.api.list(PODS, select)).items.map((pod) => this.#running(pod));
  }

  /** What happens from now on, until the signal aborts. */
  async *events({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Event> {
    const aborting = signal === undefined ? {} : { signal };
    const { resourceVersion } = await this.api.list(EVENTS, { limit: 1, ...aborting });
    try {
      for await (const { type, object } of this.api.watch(EVENTS, { resourceVersion, ...aborting }))
        if (type === 'ADDED' || type === 'MODIFIED') yield object;
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#access.streams[Symbol.asyncDispose]();
    await this.#access.transport[Symbol.asyncDispose]();
    await this.#end();
  }

  #running(pod: Pod): RunningPod {
    return new RunningPod(this.#access, pod);
  }
}
