import type { KubernetesObject } from '../client/api-client.ts';
import type { Informer } from '../client/informer.ts';
import { PODS } from '../client/resource-types.ts';
import type { LabelSelector, Pod } from '../model/api/types.ts';
import { matchesLabelSelector } from '../model/label-selector.ts';
import { controllerOf, type KeyedController, keyOf } from './controller.ts';
import type { Expectations } from './expectations.ts';

interface PodOwners<T> {
  readonly kind: string;
  readonly owners: Informer<T>;
  readonly selectorOf: (owner: T) => LabelSelector | undefined;
  readonly expectations: Expectations;
}

/** Follows all pods: the owner of each that changes is looked at, and whoever could take in one that has none. */
export function followOwnedPods<T extends KubernetesObject>(
  controller: KeyedController,
  { kind, owners, selectorOf, expectations }: PodOwners<T>,
): Informer<Pod> {
  const { queue } = controller;
  const ownerKey = (pod: Pod): string | undefined => {
    const owner = controllerOf(pod);
    return owner?.kind === kind ? `${pod.metadata?.namespace}/${owner.name}` : undefined;
  };
  const touched = (pod: Pod): void => {
    const key = ownerKey(pod);
    if (key !== undefined) queue.add(key);
    if (controllerOf(pod) !== undefined) return;
    const { namespace, labels } = pod.metadata ?? {};
    for (const owner of owners.list())
      if (owner.metadata?.namespace === namespace && matchesLabelSelector(selectorOf(owner), labels))
        queue.add(keyOf(owner));
  };
  const leaving = (pod: Pod): void => {
    const key = ownerKey(pod);
    if (key !== undefined) expectations.observedDeletion(key, pod.metadata?.uid ?? '');
    touched(pod);
  };
  return controller.follow(PODS, {
    onAdd: (pod) => {
      const key = ownerKey(pod);
      if (key !== undefined) expectations.observedCreation(key);
      touched(pod);
    },
    onUpdate: (pod, previous) => {
      const before = ownerKey(previous);
      if (before !== undefined && before !== ownerKey(pod)) queue.add(before);
      if (pod.metadata?.deletionTimestamp === undefined) touched(pod);
      else leaving(pod);
    },
    onDelete: leaving,
  });
}
