/** How a server is reached: over its socket by root on its machine, or by a kubeconfig from anywhere. */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readKubeconfig } from '../client/kubeconfig.ts';
import type { Transport } from '../client/transport.ts';
import { unixTransport } from '../client/unix-transport.ts';
import { PeapodError } from '../model/errors.ts';
import type { ConnectOptions } from '../streaming/client/connect-options.ts';
import type { ImagesOptions } from './images.ts';

export interface ServerAddress {
  /** The run directory of a server of this machine; what `PEAPOD_RUN` says, or `/run/peapod`, unless told. */
  readonly runRoot?: string;
  /** A kubeconfig to go by instead, or several with `:` between: the way to any Kubernetes API server. */
  readonly kubeconfig?: string;
  /** Of the kubeconfig, or of the one that kubectl would take; its current one unless told. */
  readonly context?: string;
}

/** A server, and the ways to it. */
export interface Reached {
  readonly url: string;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly transport: Transport;
  readonly streams: StreamAddress;
  /** Nothing where images are the matter of other machines. */
  readonly images: ImagesOptions | undefined;
}

/** Where streams to pods begin. */
export interface StreamAddress {
  readonly origin: string;
  options(): Promise<Pick<ConnectOptions, 'dial' | 'headers' | 'tls'>>;
}

/** @throws PeapodError FailedPrecondition when no server runs; what `readKubeconfig` throws */
export async function reachServer(address: ServerAddress): Promise<Reached> {
  return address.kubeconfig === undefined && address.context === undefined
    ? reachLocal(address.runRoot ?? (process.env['PEAPOD_RUN'] || '/run/peapod'))
    : reachByKubeconfig(address);
}

/** @param run the server's own run directory, @param root its state directory */
export function reachSocket(run: string, root: string, url: string, images: ImagesOptions): Reached {
  const socket = join(run, 'api.sock');
  return {
    url,
    kubeconfig: join(root, 'server', 'admin.kubeconfig'),
    namespace: 'default',
    transport: unixTransport(socket),
    streams: { origin: 'http://localhost', options: async () => ({ dial: () => connect(socket) }) },
    images,
  };
}

interface Announced {
  readonly url: string;
  readonly settings: { readonly root: string; readonly run: string; readonly images: string };
}

function reachLocal(runRoot: string): Reached {
  const path = join(runRoot, 'cluster', 'server.json');
  let server: Announced;
  try {
    server = JSON.parse(readFileSync(path, 'utf8')) as Announced;
  } catch (cause) {
    throw new PeapodError('FailedPrecondition', `no server runs: there is no ${path}`, {
      cause,
      hint: 'peapod serve --detach, or Peapod.start() for one of your own',
    });
  }
  const { url, settings } = server;
  return reachSocket(settings.run, settings.root, url, { runRoot, imagesDir: settings.images });
}

async function reachByKubeconfig({ kubeconfig, context }: ServerAddress): Promise<Reached> {
  const target = await readKubeconfig({
    ...(kubeconfig === undefined ? {} : { path: kubeconfig }),
    ...(context === undefined ? {} : { context }),
  });
  const { server, namespace, token } = target;
  const { httpsTransport, tlsOptions } = await import('../client/https-transport.ts');
  return {
    url: server,
    kubeconfig:
      kubeconfig ?? process.env['KUBECONFIG'] ?? join(process.env['HOME'] ?? '/root', '.kube/config'),
    namespace,
    transport: httpsTransport(target),
    streams: {
      origin: server.replace(/\/$/, ''),
      options: async () => ({
        tls: tlsOptions(target),
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${await token()}` } }),
      }),
    },
    images: undefined,
  };
}
