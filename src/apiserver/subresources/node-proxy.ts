import { noSuchResource, notFound, StatusError } from '../errors/status-error.ts';
import type { ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { send, sendJson } from '../http/respond.ts';
import { containerOf } from './container-of.ts';
import { nodeOfProxy, podOfKubelet, readKubeletPath } from './kubelet-path.ts';
import type { NodeAccess } from './node-access.ts';
import type { NodeStats } from './node-stats.ts';
import { sendLog } from './pod-log.ts';

/** `nodes/NAME/proxy/…`: what the node's agent serves of itself. What is upgraded is `podStreams`'. */
export function nodeProxy(stats: NodeStats, nodes: NodeAccess): SubresourceHandlers {
  return {
    kind: 'NodeProxyOptions',
    get: async (call) => {
      const { registry, resource, target, response } = call;
      const name = nodeOfProxy(target.name);
      await registry.cache.caughtUp();
      if (registry.cache.get(`/nodes/${name}`) === undefined) throw notFound(resource, name);
      if (target.rest === '/pods') return sendPods(call, name);
      const path = readKubeletPath(target.rest);
      if (path?.verb === 'containerLogs') {
        const pod = await podOfKubelet(registry, name, path);
        return sendLog(call, nodes, pod, containerOf(pod, path.container));
      }
      const page = await stats.page(name, target.rest || '/').catch((cause: unknown) => {
        throw new StatusError('ServiceUnavailable', `error trying to reach service: ${String(cause)}`);
      });
      if (page === undefined) throw noSuchResource();
      send(response, 200, page.contentType, Buffer.from(page.body));
    },
  };
}

/** Those that are the node's. */
function sendPods({ registry, response }: ResourceCall, node: string): void {
  const items = registry.cache
    .list('pods', '/pods/')
    .filter(({ object }) => (object['spec'] as { nodeName?: string } | undefined)?.nodeName === node)
    .map((stored) => stored.copy());
  sendJson(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items });
}
