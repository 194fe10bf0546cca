/** What every controller works with. */
import { isDeepStrictEqual } from 'node:util';
import type { ApiClient, KubernetesObject } from '../client/api-client.ts';
import { type Informer, type InformerHandlers, startInformer } from '../client/informer.ts';
import type { ResourceType } from '../client/resource-types.ts';
import type { SharedInformers } from '../client/shared-informers.ts';
import type { OwnerReference } from '../model/api/types.ts';
import type { Clock } from '../model/clock.ts';
import { isPeapodError } from '../model/errors.ts';
import { WorkQueue } from './work-queue.ts';

export interface ControllerDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: (message: string, error?: unknown) => void;
  /** Copies that all controllers of the process share; absent: each keeps its own. */
  readonly informers?: SharedInformers;
}

export type Controller = (deps: ControllerDeps, signal: AbortSignal) => Promise<void>;

const WORKERS = 5;

/** A controller that looks at one key after the other. */
export class KeyedController {
  readonly deps: ControllerDeps;
  readonly queue: WorkQueue;
  readonly #name: string;
  readonly #signal: AbortSignal;
  readonly #informers: Informer<never>[] = [];

  constructor(name: string, deps: ControllerDeps, signal: AbortSignal) {
    this.#name = name;
    this.deps = deps;
    this.#signal = signal;
    this.queue = new WorkQueue(deps.clock);
  }

  /** Keeps a copy of a kind; each change is told to the handlers. The objects may be shared: they must not be changed. */
  follow<T extends KubernetesObject>(type: ResourceType<T>, handlers: InformerHandlers<T>): Informer<T> {
    const { client, clock, random, log, informers } = this.deps;
    const informer =
      informers?.follow(type, handlers) ??
      startInformer({
        client,
        type,
        clock,
        random,
        signal: this.#signal,
        onError: (error) => log(`${this.#name}: cannot watch ${type.plural}`, error),
        ...handlers,
      });
    this.#informers.push(informer as unknown as Informer<never>);
    return informer;
  }

  /** The same handler for whatever happens. */
  followAll<T extends KubernetesObject>(type: ResourceType<T>, onAny: (object: T) => void): Informer<T> {
    return this.follow(type, { onAdd: onAny, onUpdate: onAny, onDelete: onAny });
  }

  /** Works when all copies are complete, until the signal aborts. A write that lost a race is tried again quietly. */
  async run(work: (key: string) => Promise<void>): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (this.#signal.aborted) resolve();
      this.#signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#informers.map(({ synced }) => synced)), aborted]);
    await this.queue.run(work, {
      signal: this.#signal,
      workers: WORKERS,
      onError: (key, error) => {
        if (!isPeapodError(error, 'Conflict')) this.deps.log(`${this.#name}: ${key}`, error);
      },
    });
    await Promise.all(this.#informers.map(({ ended }) => ended));
  }
}

export function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = key.split('/', 2);
  return { namespace, name };
}

/** The owner that controls an object. */
export function controllerOf({ metadata }: KubernetesObject): OwnerReference | undefined {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/** What an object that is controlled by `owner` says of it. */
export function controlledBy(owner: KubernetesObject, apiVersion: string, kind: string): OwnerReference {
  return {
    apiVersion,
    kind,
    name: owner.metadata?.name ?? '',
    uid: owner.metadata?.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether the status that is there says all that is to be said. */
export function isWritten(wanted: object, present: object | undefined): boolean {
  const there = new Map<string, unknown>(Object.entries(present ?? {}));
  return Object.entries(wanted).every(([field, value]) => isDeepStrictEqual(there.get(field), value));
}
