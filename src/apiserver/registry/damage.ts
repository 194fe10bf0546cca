/** Objects whose bytes in the database are no objects any more: the rest is read, and nothing is written until they are given up. */
import { PeapodError } from '../../model/errors.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { qualifiedName, StatusError } from '../errors/status-error.ts';
import type { Resource } from '../resource.ts';
import type { Registry } from './registry.ts';
import { apiVersionOf, type Scope, storeKey, storePrefix } from './request-scope.ts';

/** How many are named; more would drown what is said. */
const NAMED = 5;

/** Deletes an object that cannot be read. Kubernetes has the same, under the same long name. */
export const IGNORE_READ_ERROR = 'ignoreStoreReadErrorWithClusterBreakingPotential';

/** What is wrong with the database, and what to do; nothing when all of it can be read. */
export function damageIn({
  cache,
  resources,
}: Pick<Registry, 'cache' | 'resources'>): PeapodError | undefined {
  const keys = [...cache.damaged.keys()];
  const [first] = keys;
  if (first === undefined) return undefined;
  return new PeapodError(
    'Corrupt',
    `${named(keys)} in the database, and nothing is written until that is mended`,
    {
      cause: cache.damaged.get(first),
      hint:
        'stop peapod and put a backup of the database in its place, or give up what is damaged, one by one: ' +
        `kubectl delete --raw '${pathOf(resources, first)}?${IGNORE_READ_ERROR}=true'`,
    },
  );
}

/** @throws PeapodError Corrupt: whoever knows only a part of what there is decides wrongly */
export function checkWhole(registry: Pick<Registry, 'cache' | 'resources'>): void {
  if (registry.cache.damaged.size === 0) return;
  const damage = damageIn(registry);
  if (damage !== undefined) throw damage;
}

/** What a list of the scope leaves out; nothing when it is whole. */
export function leftOut(cache: WatchCache, scope: Scope): string | undefined {
  if (cache.damaged.size === 0) return undefined;
  const prefix = storePrefix(scope);
  const keys = [...cache.damaged.keys()].filter((key) => key.startsWith(prefix));
  return keys.length === 0 ? undefined : `${named(keys)} in the database, and not in this list`;
}

/** @throws StatusError StorageReadError when the list of the scope is not whole */
export function checkListWhole(cache: WatchCache, scope: Scope): void {
  const why = leftOut(cache, scope);
  if (why !== undefined) throw new StatusError('StorageReadError', why, { kind: scope.resource.plural });
}

/** @throws StatusError StorageReadError when the object is there and cannot be read */
export function checkReadable(cache: WatchCache, scope: Scope, name: string): void {
  const damage = cache.damaged.get(storeKey(scope, name));
  if (damage === undefined) return;
  const { group, plural } = scope.resource;
  const what = `${qualifiedName(scope.resource)} ${JSON.stringify(name)}`;
  throw new StatusError(
    'StorageReadError',
    `cannot read ${what}: it is damaged in the database`,
    { name, group, kind: plural },
    damage,
  );
}

function named(keys: readonly string[]): string {
  const names = keys.slice(0, NAMED).join(', ');
  const more = keys.length > NAMED ? ` and ${keys.length - NAMED} more` : '';
  return keys.length === 1 ? `the object ${names} is damaged` : `the objects ${names}${more} are damaged`;
}

/** Where the API has what lies under a key of the store. */
function pathOf(resources: readonly Resource[], key: string): string {
  const [, folder = '', ...names] = key.split('/');
  const resource = resources.find(({ storedAs }) => storedAs === folder);
  if (resource === undefined) return key;
  const { group, plural, namespaced } = resource;
  const version = apiVersionOf(resource);
  const [first = '', second = ''] = names;
  const place = namespaced ? `namespaces/${first}/${plural}/${second}` : `${plural}/${first}`;
  return `${group === '' ? '/api' : '/apis'}/${version}/${place}`;
}
