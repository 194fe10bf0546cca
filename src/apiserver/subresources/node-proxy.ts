import { noSuchResource, notFound, StatusError } from '../errors/status-error.ts';
import type { SubresourceHandlers } from '../http/api.ts';
import { send } from '../http/respond.ts';
import type { NodeStats } from './node-stats.ts';

/** `nodes/NAME/proxy/…`: what the node's agent serves of itself. NAME may have a scheme before and a port after it. */
export function nodeProxy(stats: NodeStats): SubresourceHandlers {
  return {
    kind: 'NodeProxyOptions',
    get: async ({ registry, resource, target, response }) => {
      const name = /^(?:https?:)?([^:]+)(?::\d*)?$/.exec(target.name)?.[1] ?? target.name;
      await registry.cache.caughtUp();
      if (registry.cache.get(`/nodes/${name}`) === undefined) throw notFound(resource, name);
      const page = await stats.page(name, target.rest || '/').catch((cause: unknown) => {
        throw new StatusError('ServiceUnavailable', `error trying to reach service: ${String(cause)}`);
      });
      if (page === undefined) throw noSuchResource();
      send(response, 200, page.contentType, Buffer.from(page.body));
    },
  };
}
