import type { KubernetesObject } from './api-client.ts';
import { type Informer, type InformerHandlers, type InformerOptions, startInformer } from './informer.ts';
import type { ResourceType } from './resource-types.ts';

interface Shared {
  readonly informer: Informer<KubernetesObject>;
  readonly followers: InformerHandlers<KubernetesObject>[];
}

/**
 * One copy of each kind for all who follow it in this process: one watch, and one object in memory. What followers are given
 * belongs to all of them: it must not be changed.
 * @see kubernetes/staging/src/k8s.io/client-go/informers/factory.go
 */
export class SharedInformers {
  readonly #options: Omit<InformerOptions<KubernetesObject>, 'type' | 'select'>;
  readonly #shared = new Map<string, Shared>();

  constructor(
    options: Pick<InformerOptions<KubernetesObject>, 'client' | 'clock' | 'random' | 'signal' | 'onError'>,
  ) {
    this.#options = options;
  }

  /** Who comes late is told at once of what is there. */
  follow<T extends KubernetesObject>(type: ResourceType<T>, handlers: InformerHandlers<T>): Informer<T> {
    const follower = handlers as InformerHandlers<KubernetesObject>;
    const key = `${type.group}/${type.version}/${type.plural}`;
    const present = this.#shared.get(key);
    if (present !== undefined) {
      for (const object of present.informer.list()) follower.onAdd?.(object);
      present.followers.push(follower);
      return present.informer as unknown as Informer<T>;
    }
    const followers = [follower];
    const informer = startInformer<KubernetesObject>({
      ...this.#options,
      type,
      onAdd: (object) => followers.forEach((one) => one.onAdd?.(object)),
      onUpdate: (object, previous) => followers.forEach((one) => one.onUpdate?.(object, previous)),
      onDelete: (object) => followers.forEach((one) => one.onDelete?.(object)),
    });
    this.#shared.set(key, { informer, followers });
    return informer as unknown as Informer<T>;
  }
}
