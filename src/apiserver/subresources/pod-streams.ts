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
import { nodeOfProxy, podOfKubelet, readKubeletPath } from './kubelet-path.ts';
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
    const upgrade = request as IncomingMessage;
    if (resource.plural === 'nodes' && resource.group === '' && target.subresource === 'proxy')
      return overNode(options, call, upgrade, socket, head);
    if (resource.plural !== 'pods' || resource.group !== '') throw noSuchResource();
    const scope = { resource, namespace: target.namespace };
    if (target.subresource === 'proxy') {
      const { registry, nodes } = options;
      const to = await podProxyTarget(registry, nodes, scope, target.name, request.url ?? '');
      const gone = new AbortController();
      socket.once('close', () => gone.abort());
      return podProxyUpgrade(to, upgrade, socket, head, gone.signal);
    }
    const pod = (await readStored(options.registry, scope, target.name)) as Pod;
    if (!pod.spec?.nodeName) throw badRequest(`pod ${target.name} does not have a host assigned`);
    const { subresource: verb } = target;
    if (verb === 'portforward') return forward(options, pod, upgrade, socket, head);
    if (verb !== 'exec' && verb !== 'attach') throw noSuchResource();
    const { query } = call.info;
    const container = containerOf(pod, query.get('container') ?? '');
    await command(options, { verb, query, container }, pod, upgrade, socket, head);
  };
}

/** `nodes/NAME/proxy/exec/…`: what the kubelet's own server joins to a pod. */
async function overNode(
  options: PodStreamOptions,
  { target, info }: UpgradeCall,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const path = readKubeletPath(target.rest);
  if (path === undefined || path.verb === 'containerLogs') throw noSuchResource();
  const { verb } = path;
  const pod = await podOfKubelet(options.registry, nodeOfProxy(target.name), path);
  if (verb === 'portForward') return forward(options, pod, request, socket, head);
  const container = containerOf(pod, path.container);
  await command(options, { verb, query: info.query, container }, pod, request, socket, head);
}

interface Command {
  readonly verb: 'exec' | 'attach';
  readonly query: URLSearchParams;
  readonly container: string;
}

async function command(
  { nodes, clock }: PodStreamOptions,
  { verb, query, container }: Command,
  pod: Pod,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const streams = readCommandOptions(query);
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
