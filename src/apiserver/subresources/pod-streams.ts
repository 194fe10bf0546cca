/** exec, attach, port-forward and proxy: connections that are joined to a pod. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../model/clock.ts';
import type { Pod } from '../../model/api/types.ts';
import { readCommandOptions } from '../../streaming/command-options.ts';
import { servePortForward } from '../../streaming/serve-port-forward.ts';
import { serveRemoteCommand } from '../../streaming/serve-remote-command.ts';
import type { UpgradeCall, UpgradeHandler } from '../api-server.ts';
import { badRequest, noSuchResource } from '../errors/status-error.ts';
import type { Registry } from '../registry/registry.ts';
import { readStored } from '../registry/update-object.ts';
import { containerOf } from './container-of.ts';
import type { NodeAccess } from './node-access.ts';
import { podProxyUpgrade } from './pod-proxy.ts';
import { podProxyTarget } from './pod-proxy-target.ts';

export interface PodStreamOptions {
  readonly registry: Registry;
  readonly nodes: NodeAccess;
  readonly clock: Clock;
}

/** @throws StatusError before anything is upgraded */
export function podStreams(options: PodStreamOptions): UpgradeHandler {
  return async (call, request, socket, head) => {
    const { resource, target } = call;
    if (resource.plural !== 'pods' || resource.group !== '') throw noSuchResource();
    const scope = { resource, namespace: target.namespace };
    if (target.subresource === 'proxy') {
      const { registry, nodes } = options;
      const to = await podProxyTarget(registry, nodes, scope, target.name, request.url ?? '');
      const gone = new AbortController();
      socket.once('close', () => gone.abort());
      return podProxyUpgrade(to, request as IncomingMessage, socket, head, gone.signal);
    }
    const pod = (await readStored(options.registry, scope, target.name)) as Pod;
    if (!pod.spec?.nodeName) throw badRequest(`pod ${target.name} does not have a host assigned`);
    const upgrade = request as IncomingMessage;
    if (target.subresource === 'portforward') return forward(options, pod, upgrade, socket, head);
    if (target.subresource !== 'exec' && target.subresource !== 'attach') throw noSuchResource();
    await command(options, call, pod, upgrade, socket, head);
  };
}

async function command(
  { nodes, clock }: PodStreamOptions,
  { info, target }: UpgradeCall,
  pod: Pod,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { query } = info;
  const container = containerOf(pod, query.get('container') ?? '');
  const streams = readCommandOptions(query);
  const verb = target.subresource === 'exec' ? 'exec' : 'attach';
  const argv = query.getAll('command');
  if (verb === 'exec' && argv.length === 0)
    throw badRequest('you must specify at least one command for the container');
  await serveRemoteCommand(request, socket, head, { ...streams, verb, clock }, ({ signal }) =>
    verb === 'exec'
      ? nodes.exec(pod, container, { ...streams, command: argv, signal })
      : nodes.attach(pod, container, { ...streams, signal }),
  );
}

async function forward(
  { nodes, clock }: PodStreamOptions,
  pod: Pod,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  await servePortForward(request, socket, head, { clock }, (port, { signal }) =>
    nodes.dial(pod, port, { signal }),
  );
}
