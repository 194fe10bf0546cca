/**
 * `pods/[SCHEME:]NAME[:PORT]/proxy/…`: a request that is passed on to a port of a pod, over its node.
 * @see kubernetes/pkg/registry/core/pod/rest/subresources.go ProxyREST
 */
import { type IncomingMessage, type OutgoingHttpHeaders, request as send } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { proxyUpgrade } from '../../streaming/proxy-upgrade.ts';
import { StatusError } from '../errors/status-error.ts';
import type { CallHandler, ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { bodyOf } from '../http/read-body.ts';
import { type Response, writePiece } from '../http/respond.ts';
import { scopeOf } from '../http/scope-of.ts';
import type { NodeAccess } from './node-access.ts';
import { podProxyTarget, type PodProxyTarget } from './pod-proxy-target.ts';

/** Of one connection only; and what is meant for us alone. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function podProxy(nodes: NodeAccess): SubresourceHandlers {
  const handle: CallHandler = (call) => passOn(call, nodes);
  return {
    kind: 'PodProxyOptions',
    get: handle,
    create: handle,
    update: handle,
    patch: handle,
    delete: handle,
  };
}

/** The same for a connection that is to be upgraded: bytes are passed both ways once the pod's server agrees. */
export async function podProxyUpgrade(
  target: PodProxyTarget,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  signal: AbortSignal,
): Promise<void> {
  const connection = await reach(() => target.dial(signal));
  await proxyUpgrade(request, socket, head, {
    url: new URL(`${target.scheme}://${target.host}${target.path}`),
    headers: { 'x-forwarded-uri': `${target.base}${target.path}` },
    dial: () => connection,
  });
}

async function passOn(call: ResourceCall, nodes: NodeAccess): Promise<void> {
  const { request, response, registry, target, departure } = call;
  const to = await podProxyTarget(registry, nodes, scopeOf(call), target.name, request.url ?? '');
  const { base, path, host } = to;
  // Relative links of the answer count from here.
  if (!path.startsWith('/')) return redirect(response, `${base}/${path}`);
  const headers = { ...passed(request.headers), host, 'x-forwarded-uri': `${base}${path}` };
  const connection = await reach(() => to.dial(departure.signal));
  try {
    const answer = await reach(() =>
      ask(connection, { method: request.method ?? 'GET', path, headers }, request),
    );
    response.statusCode = answer.statusCode ?? 502;
    for (const [header, value] of Object.entries(passed(answer.headers)))
      if (value !== undefined)
        response.setHeader(header, header === 'location' ? here(String(value), base) : value);
    for await (const piece of answer as AsyncIterable<Buffer>)
      if (!(await writePiece(response, piece, departure.signal))) return;
    response.end();
  } finally {
    connection.destroy();
  }
}

function ask(
  connection: Duplex,
  head: { method: string; path: string; headers: OutgoingHttpHeaders },
  body: ResourceCall['request'],
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Without an agent, since one would make connections of its own.
    const outgoing = send({ ...head, createConnection: () => connection, setHost: false });
    outgoing.on('response', resolve).on('error', reject);
    connection.on('error', reject);
    pipeline(bodyOf(body), outgoing).catch(reject);
  });
}

async function reach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StatusError('ServiceUnavailable', `error trying to reach service: ${why}`, undefined, cause);
  }
}

function passed(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  const entries = Object.entries(headers).filter(
    ([name]) => !name.startsWith(':') && !NOT_PASSED_ON.has(name),
  );
  return Object.fromEntries(entries);
}

/** A place within the pod's server is one behind the proxy. */
function here(location: string, base: string): string {
  return location.startsWith('/') && !location.startsWith('//') ? `${base}${location}` : location;
}

function redirect(response: Response, location: string): void {
  response.statusCode = 301;
  response.setHeader('Location', location);
  response.end();
}
