/**
 * Empties a namespace that is to go, and lets it go.
 * @see kubernetes/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
 */
import type { KubernetesObject } from '../client/api-client.ts';
import { NAMESPACES, type ResourceType } from '../client/resource-types.ts';
import type { APIResourceList, Namespace } from '../model/api/types.ts';
import { type Controller, isWritten, KeyedController, keyOf, splitKey } from './controller.ts';
import { namespaceConditions, type Remains } from './namespace-conditions.ts';

const FINALIZER = 'kubernetes';
/** Pods end in their own time. */
const LOOK_AGAIN_MS = 500;

interface MutableRemains {
  readonly objects: Map<string, number>;
  readonly finalizers: Map<string, number>;
  readonly failures: string[];
}

export const namespaceController: Controller = async (deps, signal) => {
  const { client, clock } = deps;
  const controller = new KeyedController('namespace', deps, signal);
  const { queue } = controller;
  const namespaces = controller.followAll(NAMESPACES, (namespace) => queue.add(keyOf(namespace)));

  await controller.run(async (key) => {
    const { name } = splitKey(key);
    const namespace = namespaces.get('', name);
    if (namespace?.metadata?.deletionTimestamp === undefined) return;
    if (namespace.status?.phase !== 'Terminating') {
      const patch = { metadata: { uid: namespace.metadata.uid }, status: { phase: 'Terminating' } };
      await client.patch(NAMESPACES, '', name, 'merge', patch, { subresource: 'status' });
    }
    const remains = {
      objects: new Map<string, number>(),
      finalizers: new Map<string, number>(),
      failures: [],
    };
    for (const type of await namespacedTypes()) await empty(type, name, remains);
    await writeConditions(namespace, remains);
    if (remains.objects.size > 0) return queue.addAfter(key, LOOK_AGAIN_MS);
    await release(namespace, name);
  });

  /** Every kind that lies in namespaces and can be deleted. */
  async function namespacedTypes(): Promise<ResourceType<unknown>[]> {
    const { groups } = await client.raw<{ groups: { versions: { groupVersion: string }[] }[] }>(
      'GET',
      '/apis',
    );
    const paths = ['/api/v1', ...groups.map(({ versions }) => `/apis/${versions[0]?.groupVersion ?? ''}`)];
    const types: ResourceType<unknown>[] = [];
    for (const path of paths) {
      const { resources, groupVersion } = await client.raw<APIResourceList>('GET', path);
      const [group, version] = groupVersion.includes('/') ? groupVersion.split('/', 2) : ['', groupVersion];
      for (const { name, kind, namespaced, verbs } of resources) {
        if (!namespaced || name.includes('/') || !verbs.includes('delete') || !verbs.includes('list'))
          continue;
        types.push({ group: group ?? '', version: version ?? '', plural: name, kind, namespaced });
      }
    }
    return types;
  }

  /** Notes what is still there. */
  async function empty(
    type: ResourceType<unknown>,
    namespace: string,
    { objects, finalizers, failures }: MutableRemains,
  ): Promise<void> {
    const known = type as ResourceType<KubernetesObject>;
    const { items } = await client.list(known, { namespace });
    const kind = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
    for (const { metadata } of items) {
      if (metadata?.deletionTimestamp !== undefined) continue;
      try {
        await client.delete(type, namespace, metadata?.name ?? '');
      } catch (error) {
        failures.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (items.length === 0) return;
    const left = (await client.list(known, { namespace })).items;
    if (left.length > 0) objects.set(kind, left.length);
    for (const finalizer of left.flatMap(({ metadata }) => metadata?.finalizers ?? []))
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
  }

  async function writeConditions({ metadata, status }: Namespace, remains: Remains): Promise<void> {
    const conditions = namespaceConditions(status?.conditions ?? [], remains, clock.now());
    if (isWritten({ conditions }, status)) return;
    const patch = { metadata: { uid: metadata?.uid }, status: { conditions } };
    await client.patch(NAMESPACES, '', metadata?.name ?? '', 'merge', patch, { subresource: 'status' });
  }

  async function release(namespace: Namespace, name: string): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((one) => one !== FINALIZER);
    const { resourceVersion: _, ...metadata } = namespace.metadata ?? {};
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata, spec: { finalizers } };
    await client.raw('PUT', `/api/v1/namespaces/${encodeURIComponent(name)}/finalize`, body);
  }
};
