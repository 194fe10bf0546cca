import type { Pod } from '../../model/api/types.ts';
import type { PodClient, PodEvent } from '../../client/pod-client.ts';

/** Who keeps a pod: the one process that holds its lock. The lock goes with the process, however that ends. */
export interface KeeperLocks {
  /** @returns undefined when somebody else keeps the pod */
  tryKeep(podUid: string): Disposable | undefined;
}

export interface KeptClientOptions {
  client: PodClient;
  locks: KeeperLocks;
  /** Which pods this process wants to keep. */
  wants: (pod: Pod) => boolean;
  /**
   * How soon to try again for pods that somebody else keeps, in milliseconds; after 50 tries 16 times as long.
   * A keeper that hands a pod over is waited for closely, one that stays costs little.
   */
  retryMs: number;
  /** Whether the agent may start it; a pod is kept before that too, by whoever finds a place for it. Every pod, unless told. */
  isPlaced?: (pod: Pod) => boolean;
  /** Told whenever a pod is taken or let go. */
  onChange?: (kept: ReadonlySet<string>) => void;
}

/**
 * The view that one of several agents on the same machine has: it watches only the pods that it keeps, and lists all
 * pods there are, so that it takes nobody else's for rubbish.
 */
export function keptClient(options: KeptClientOptions): PodClient & Disposable {
  const keeper = new Keeper(options);
  const { client } = options;
  return {
    listPods: () => client.listPods(),
    getPod: (namespace, name) => client.getPod(namespace, name),
    createPod: (pod) => client.createPod(pod),
    watchPods: ({ signal }) => keeper.watch(signal),
    updatePodStatus: (pod, status) => client.updatePodStatus(pod, status),
    deletePod: (namespace, name, deletion) => client.deletePod(namespace, name, deletion),
    removePod: (pod) => client.removePod(pod),
    getConfigMap: (namespace, name) => client.getConfigMap(namespace, name),
    getSecret: (namespace, name) => client.getSecret(namespace, name),
    getPersistentVolumeClaim: (namespace, name) => client.getPersistentVolumeClaim(namespace, name),
    getPersistentVolume: client.getPersistentVolume,
    createServiceAccountToken: (pod, wish) => client.createServiceAccountToken(pod, wish),
    recordEvents: (events) => client.recordEvents(events),
    listEvents: (filter) => client.listEvents(filter),
    [Symbol.dispose]: () => keeper.letAllGo(),
  };
}

const CLOSE_TRIES = 50;
const SLOWER = 16;

class Keeper {
  readonly #options: KeptClientOptions;
  readonly #kept = new Map<string, Disposable>();
  /** Pods that the agent knows. */
  readonly #shown = new Set<string>();
  /** Pods that this process wants and somebody else keeps. */
  readonly #waiting = new Map<string, Pod>();

  constructor(options: KeptClientOptions) {
    this.#options = options;
  }

  async *watch(signal: AbortSignal): AsyncIterable<PodEvent> {
    const stop = new AbortController();
    const ended = AbortSignal.any([signal, stop.signal]);
    const events = this.#options.client.watchPods({ signal: ended })[Symbol.asyncIterator]();
    let next = events.next();
    let tries = 0;
    const pause = () =>
      retryAfter(tries++ < CLOSE_TRIES ? this.#options.retryMs : this.#options.retryMs * SLOWER);
    let retry = pause();
    try {
      while (!signal.aborted) {
        const result = await Promise.race([next, retry.promise]);
        // Whoever ends must not win the pod that somebody else has just made.
        if (signal.aborted) return;
        if (result === 'retry') {
          retry = pause();
          for (const pod of this.#waiting.values()) {
            const event = this.#take(pod) ? this.#show({ type: 'ADDED', pod }) : undefined;
            if (event !== undefined) yield event;
          }
        } else {
          if (result.done === true) return;
          const waiting = this.#waiting.size;
          const event = this.#translate(result.value);
          if (this.#waiting.size > waiting) {
            retry.cancel();
            tries = 0;
            retry = pause();
          }
          if (event !== undefined) yield event;
          next = events.next();
        }
      }
    } finally {
      retry.cancel();
      stop.abort();
      // Having told an event that nobody took, it would hold its watch open for ever.
      await events.return?.();
    }
  }

  letAllGo(): void {
    for (const lock of this.#kept.values()) lock[Symbol.dispose]();
    this.#kept.clear();
    this.#waiting.clear();
    this.#shown.clear();
  }

  #translate({ type, pod }: PodEvent): PodEvent | undefined {
    const uid = pod.metadata?.uid ?? '';
    if (type === 'DELETED') {
      this.#waiting.delete(uid);
      const lock = this.#kept.get(uid);
      if (lock === undefined) return undefined;
      this.#kept.delete(uid);
      lock[Symbol.dispose]();
      this.#changed();
      return this.#shown.delete(uid) ? { type, pod } : undefined;
    }
    if (this.#kept.has(uid)) return this.#show({ type, pod });
    if (!this.#options.wants(pod)) return undefined;
    return this.#take(pod) ? this.#show({ type: 'ADDED', pod }) : undefined;
  }

  #show({ type, pod }: PodEvent): PodEvent | undefined {
    const uid = pod.metadata?.uid ?? '';
    if (this.#shown.has(uid)) return { type, pod };
    if (this.#options.isPlaced?.(pod) === false) return undefined;
    this.#shown.add(uid);
    return { type: 'ADDED', pod };
  }

  #take(pod: Pod): boolean {
    const uid = pod.metadata?.uid ?? '';
    const lock = this.#options.locks.tryKeep(uid);
    if (lock === undefined) {
      this.#waiting.set(uid, pod);
      return false;
    }
    this.#waiting.delete(uid);
    this.#kept.set(uid, lock);
    this.#changed();
    return true;
  }

  #changed(): void {
    this.#options.onChange?.(new Set(this.#kept.keys()));
  }
}

function retryAfter(delayMs: number): { promise: Promise<'retry'>; cancel: () => void } {
  const { promise, resolve } = Promise.withResolvers<'retry'>();
  const timer = setTimeout(resolve, delayMs, 'retry');
  return { promise, cancel: () => clearTimeout(timer) };
}
