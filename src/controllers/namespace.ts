/**
 * Empties a namespace that is to go, and lets it go.
 * @see kubernetes/pkg/controller/namespace/deletion/namespaced_resources_deleter.go
 */
import { NAMESPACES, type ResourceType } from '../client/resource-types.ts';
import type { APIResourceList, Namespace } from '../model/api/types.ts';
import { type Controller, KeyedController, keyOf, splitKey } from './controller.ts';

const FINALIZER = 'kubernetes';
/** Pods end in their own time. */
const LOOK_AGAIN_MS = 500;

export const namespaceController: Controller = async (deps, signal) => {
  const { client } = deps;
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
    let left = 0;
    for (const type of await namespacedTypes()) left += await empty(type, name);
    if (left > 0) return queue.addAfter(key, LOOK_AGAIN_MS);
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

  /** @returns how many are still there */
  async function empty(type: ResourceType<unknown>, namespace: string): Promise<number> {
    const { items } = await client.list(
      type as ResourceType<{ metadata?: { name?: string; deletionTimestamp?: string } }>,
      { namespace },
    );
    for (const { metadata } of items)
      if (metadata?.deletionTimestamp === undefined)
        await client.delete(type, namespace, metadata?.name ?? '');
    return items.length === 0 ? 0 : (await client.list(type, { namespace })).items.length;
  }

  async function release(namespace: Namespace, name: string): Promise<void> {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((one) => one !== FINALIZER);
    const { resourceVersion: _, ...metadata } = namespace.metadata ?? {};
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata, spec: { finalizers } };
    await client.raw('PUT', `/api/v1/namespaces/${encodeURIComponent(name)}/finalize`, body);
  }
};
