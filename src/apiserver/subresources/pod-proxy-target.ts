import { connect as connectTls } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Pod } from '../../model/api/types.ts';
import { badRequest } from '../errors/status-error.ts';
import type { Registry } from '../registry/registry.ts';
import { readStored } from '../registry/update-object.ts';
import type { Scope } from '../registry/request-scope.ts';
import type { NodeAccess } from './node-access.ts';

/** What a request to `pods/[SCHEME:]NAME[:PORT]/proxy/…` is passed on to. */
export interface PodProxyTarget {
  readonly scheme: 'http' | 'https';
  /** The pod's address and port, as its server sees them. */
  readonly host: string;
  /** The request's own path up to `…/proxy`. */
  readonly base: string;
  /** What is asked of the pod's server, with the query; empty when the root's slash is missing. */
  readonly path: string;
  /** A connection that HTTP can be spoken on. */
  dial(signal: AbortSignal): Promise<Duplex>;
}

/** @throws StatusError BadRequest, NotFound */
export async function podProxyTarget(
  registry: Registry,
  nodes: NodeAccess,
  scope: Scope,
  text: string,
  url: string,
): Promise<PodProxyTarget> {
  const { scheme, name, port: given } = readTarget(text);
  const pod = (await readStored(registry, scope, name)) as Pod;
  const [, base = '', path = ''] = /^([^?]*?\/proxy)(\/[^]*|\?[^]*)?$/.exec(url) ?? [];
  const port = given ?? firstPort(pod);
  return {
    scheme,
    host: `${pod.status?.podIP ?? name}:${port}`,
    base,
    path,
    dial: async (signal) => {
      const socket = await nodes.dial(pod, port, { signal });
      // As Kubernetes: whose pod it is was checked, its certificate is not.
      return scheme === 'https' ? connectTls({ socket, rejectUnauthorized: false }) : socket;
    },
  };
}

/** `web`, `web:8080`, `https:web:8443`; ports are numbers. */
function readTarget(text: string): { scheme: 'http' | 'https'; name: string; port: number | undefined } {
  const [, scheme, name = '', port] = /^(?:(https?):)?([^:]+)(?::(\d{0,5}))?$/.exec(text) ?? [];
  if (name === '' || Number(port) > 65_535) throw badRequest(`invalid pod request ${JSON.stringify(text)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port: port ? Number(port) : undefined };
}

function firstPort({ spec }: Pod): number {
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports[0]?.containerPort ?? 80;
}
