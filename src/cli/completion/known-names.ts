import { NAMESPACES, NODES } from '../../client/resource-types.ts';
import { resourcePath } from '../../client/resource-types.ts';
import type { KubernetesObject } from '../../client/api-client.ts';
import { openSources } from '../engine/pod-source.ts';
import { allPods, containersOf } from '../find-pods.ts';
import { findResources, resourceWords } from '../get/find-resources.ts';
import type { Settings } from '../settings.ts';
import type { Names } from './complete.ts';

/** The names that there are now: of this machine and, where one runs, its server. */
export async function knownNames(settings: Settings, names: Names, namespace: string): Promise<string[]> {
  if (names.of === 'images') return await imageNames(settings);
  await using sources = await openSources(settings);
  const api = sources.server?.api;
  switch (names.of) {
    case 'pods':
      return (await podsIn()).map(({ metadata }) => metadata?.name ?? '');
    case 'containers':
      return (await podsIn())
        .filter(({ metadata }) => metadata?.name === names.pod.replace(/^(pods?|po)\//, ''))
        .flatMap((pod) => containersOf(pod).map(({ name }) => name));
    case 'nodes':
      return api === undefined ? [settings.nodeName] : namesOf((await api.list(NODES)).items);
    case 'namespaces':
      return api === undefined
        ? [...new Set((await allPods(sources)).map(({ pod }) => pod.metadata?.namespace ?? ''))]
        : namesOf((await api.list(NAMESPACES)).items);
    case 'kinds':
      return api === undefined ? ['pods'] : await resourceWords(api);
    case 'objects': {
      if (api === undefined) return (await podsIn()).map(({ metadata }) => metadata?.name ?? '');
      const [type] = await findResources(api, [names.kind]);
      if (type === undefined) return [];
      const path = resourcePath(type, namespace);
      return namesOf((await api.raw<{ items?: KubernetesObject[] }>('GET', path)).items ?? []);
    }
  }

  async function podsIn() {
    const pods = (await allPods(sources)).map(({ pod }) => pod);
    return pods.filter(({ metadata }) => metadata?.namespace === namespace);
  }
}

async function imageNames(settings: Settings): Promise<string[]> {
  const [{ imageSettings }, { openHost }] = await Promise.all([
    import('../engine/image-settings.ts'),
    import('../host.ts'),
  ]);
  await using host = await openHost(await imageSettings(settings));
  return (await host.runtime.listImages()).flatMap(({ repoTags }) => repoTags);
}

function namesOf(objects: readonly KubernetesObject[]): string[] {
  return objects.map(({ metadata }) => metadata?.name ?? '');
}
