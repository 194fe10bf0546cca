/** Which kinds of objects a server has, and what they are called at a terminal. */
import type { ApiClient, KubernetesObject } from '../../client/api-client.ts';
import type { ResourceType } from '../../client/resource-types.ts';
import { PeapodError } from '../../model/errors.ts';

interface ApiResource {
  readonly name: string;
  readonly singularName?: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface GroupList {
  readonly groups: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}

interface Known {
  readonly type: ResourceType<KubernetesObject>;
  readonly resource: ApiResource;
}

/**
 * The types that words like `po`, `pods`, `Deployment.apps` or the category `all` mean, in their order and each once.
 * @throws PeapodError Invalid for a word that means nothing here
 */
export async function findResources(
  client: ApiClient,
  words: readonly string[],
): Promise<ResourceType<KubernetesObject>[]> {
  const known = await listResources(client);
  const found = words.flatMap((word) => {
    const matching = meaning(known, word.toLowerCase());
    if (matching.length > 0) return matching;
    throw new PeapodError('Invalid', `the server doesn't have a resource type "${word}"`);
  });
  return [...new Set(found.map(({ type }) => type))];
}

/** The words for kinds, as a user would write them: plural, with the group where two have the same. */
export async function resourceWords(client: ApiClient): Promise<string[]> {
  const known = await listResources(client);
  const names = known.map(({ type }) => type.plural);
  return known.map(({ type: { plural, group } }) =>
    names.indexOf(plural) === names.lastIndexOf(plural) || group === '' ? plural : `${plural}.${group}`,
  );
}

/** `pod`, or `deployment.apps` */
export function singularName({ kind, group }: ResourceType<unknown>): string {
  return group === '' ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}

function meaning(known: readonly Known[], word: string): Known[] {
  const one = known.find(({ type, resource }) => {
    const names = [resource.name, resource.singularName, resource.kind, ...(resource.shortNames ?? [])];
    return names.some((name) => {
      const lower = name?.toLowerCase();
      return lower !== undefined && (lower === word || `${lower}.${type.group}` === word);
    });
  });
  if (one !== undefined) return [one];
  return known.filter(({ resource }) => resource.categories?.includes(word) === true);
}

async function listResources(client: ApiClient): Promise<Known[]> {
  const { groups } = await client.raw<GroupList>('GET', '/apis');
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const lists = versions.map(async (groupVersion) => {
    const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`;
    const { resources } = await client.raw<{ resources: ApiResource[] }>('GET', path);
    const [group = '', version = ''] = groupVersion.includes('/')
      ? groupVersion.split('/')
      : ['', groupVersion];
    return resources
      .filter(({ name, verbs }) => !name.includes('/') && (verbs.includes('list') || verbs.includes('get')))
      .map((resource) => ({
        resource,
        type: { group, version, plural: resource.name, kind: resource.kind, namespaced: resource.namespaced },
      }));
  });
  return (await Promise.all(lists)).flat();
}
