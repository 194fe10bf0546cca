/**
 * Lists and watches for programs in the server's own process, which are handed the objects that the server itself keeps. A list that
 * is not whole fails: whoever takes it for all there is ends what he does not find in it.
 */
import type { WatchEvent } from '../client/api-client.ts';
import { apiError } from '../client/api-error.ts';
import type { ObjectSource } from '../client/object-source.ts';
import { itemsOf } from '../model/items-of.ts';
import type { ApiServer } from './api-server.ts';
import { toStatusError } from './errors/to-status-error.ts';
import { readListQuery, readWatchQuery } from './http/collection-queries.ts';
import { checkListWhole } from './registry/damage.ts';
import { listObjects } from './registry/list-objects.ts';
import { type ObjectEvent, watchObjects } from './registry/watch-objects.ts';
import type { UserInfo } from './user-info.ts';

/** @param user whom the requests are judged as @param stop ends all watches */
export function localObjects(api: ApiServer, user: UserInfo, stop: AbortSignal): ObjectSource {
  const { registry } = api;
  return {
    list: async (path) => {
      try {
        const { info, resource, target } = await api.admitLocal(path, user);
        const scope = { resource, namespace: target.namespace };
        const query = { ...readListQuery(resource, info.query), limit: 0, continueToken: '' };
        checkListWhole(registry.cache, scope);
        const { items, revision } = await listObjects(registry, scope, query);
        return {
          items: items.map(({ object }) => object),
          resourceVersion: String(revision),
          continueToken: '',
        };
      } catch (error) {
        throw asClientsSee(error);
      }
    },
    watch: (path, signal) =>
      itemsOf(watchLocally(api, user, path, signal === undefined ? stop : AbortSignal.any([signal, stop]))),
  };
}

async function* watchLocally(
  api: ApiServer,
  user: UserInfo,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<readonly WatchEvent<unknown>[], void> {
  const { registry, clock } = api;
  try {
    const { info, resource, target } = await api.admitLocal(path, user);
    const scope = { resource, namespace: target.namespace };
    const now = () => clock.now();
    using watch = await watchObjects(registry, scope, readWatchQuery(resource, info), { signal, now });
    for await (const events of watch.events) yield events.map(eventAsRead);
  } catch (error) {
    throw asClientsSee(error);
  }
}

function eventAsRead(event: ObjectEvent): WatchEvent<unknown> {
  if (event.type !== 'BOOKMARK') return { type: event.type, object: event.object.object };
  const { resourceVersion = '' } = event.object.metadata ?? {};
  return { type: event.type, object: { metadata: { resourceVersion } } };
}

function asClientsSee(error: unknown): Error {
  const failure = toStatusError(error);
  return apiError(failure.code, JSON.stringify(failure.toStatus()));
}
