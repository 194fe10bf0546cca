/**
 * Lists and watches for programs in the server's own process, which are handed the objects that the server itself keeps. A list that
 * is not whole fails: whoever takes it for all there is ends what he does not find in it.
 */
import type { WatchEvent } from '../client/api-client.ts';
import { apiError } from '../client/api-error.ts';
import type { ObjectSource } from '../client/object-source.ts';
import type { ApiServer } from './api-server.ts';
import { toStatusError } from './errors/to-status-error.ts';
import { readListQuery, readWatchQuery } from './http/collection-queries.ts';
import { checkListWhole } from './registry/damage.ts';
import { listObjects } from './registry/list-objects.ts';
import { watchObjects } from './registry/watch-objects.ts';
import type { UserInfo } from './user-info.ts';

/** @param user whom the requests are judged as @param stop ends all watches */
export function localObjects(api: ApiServer, user: UserInfo, stop: AbortSignal): ObjectSource {
  const { registry, clock } = api;
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
    watch: async function* (path, signal): AsyncGenerator<WatchEvent<unknown>> {
      try {
        const { info, resource, target } = await api.admitLocal(path, user);
        using watch = await watchObjects(
          registry,
          { resource, namespace: target.namespace },
          readWatchQuery(resource, info),
          {
            signal: signal === undefined ? stop : AbortSignal.any([signal, stop]),
            now: () => clock.now(),
          },
        );
        for await (const event of watch.events) {
          if (event.type === 'BOOKMARK') {
            const { resourceVersion = '' } = event.object.metadata ?? {};
            yield { type: event.type, object: { metadata: { resourceVersion } } };
          } else yield { type: event.type, object: event.object.object };
        }
      } catch (error) {
        throw asClientsSee(error);
      }
    },
  };
}

function asClientsSee(error: unknown): Error {
  const failure = toStatusError(error);
  return apiError(failure.code, JSON.stringify(failure.toStatus()));
}
