import { join } from 'node:path';
import { ApiClient } from '../../client/api-client.ts';
import { ApiUserClient } from '../../client/api-user-client.ts';
import { unixTransport } from '../../client/unix-transport.ts';
import type { UserClient } from '../../client/user-client.ts';
import { PeapodError } from '../../model/errors.ts';
import { type RuntimePaths, runtimePaths } from '../../runtime/paths.ts';
import { openClient } from '../open-client.ts';
import { printable, terminalOf } from '../output/terminal.ts';
import type { RunningServer } from '../serve/read-server.ts';
import type { Settings } from '../settings.ts';
import { findServer } from './find-server.ts';

/** Where pods of this machine are known: the server that runs, or the files of those that live without one. */
export type PodSource = ServerSource | DirectorySource;

interface AnySource extends AsyncDisposable {
  /** Of the runtime that has the pods' containers. */
  readonly settings: Settings;
  readonly paths: RuntimePaths;
  readonly client: UserClient;
}

export interface ServerSource extends AnySource {
  readonly kind: 'server';
  readonly server: RunningServer;
  readonly client: ApiUserClient;
  /** For what is no pod. */
  readonly api: ApiClient;
}

export interface DirectorySource extends AnySource {
  readonly kind: 'directory';
}

/** The server's, when one runs, and then those without one. */
export interface PodSources extends AsyncDisposable {
  readonly all: readonly PodSource[];
  readonly server: ServerSource | undefined;
}

/** A server that was killed is warned of: its pods are not seen. */
export async function openSources(settings: Settings): Promise<PodSources> {
  const server = await openServer(settings);
  const directory: DirectorySource = {
    kind: 'directory',
    settings,
    ...openClient(settings),
    [Symbol.asyncDispose]: async () => {},
  };
  const all = server === undefined ? [directory] : [server, directory];
  return {
    all,
    server,
    [Symbol.asyncDispose]: async () => server?.[Symbol.asyncDispose](),
  };
}

/** @throws PeapodError Unavailable, saying that `what` needs a server */
export function serverOf({ server }: PodSources, what: string): ServerSource {
  if (server !== undefined) return server;
  throw new PeapodError('Unavailable', `no server runs here, and ${what} needs one`, {
    hint: 'peapod serve --detach',
  });
}

/** @returns nothing where none runs */
export async function openServer(settings: Settings): Promise<ServerSource | undefined> {
  const found = await findServer(settings);
  if (found.state === 'none') return undefined;
  const { server } = found;
  if (found.state === 'dead') {
    const terminal = terminalOf(process.stderr);
    const what = `the server (PID ${server.pid}) was killed: its pods run on, but are not seen here until it serves again`;
    terminal.write(`${terminal.style('yellow', 'Warning:')} ${printable(what)}\n`);
    return undefined;
  }
  const transport = unixTransport(join(server.settings.run, 'api.sock'));
  const api = new ApiClient({ transport, name: 'peapod' });
  return {
    kind: 'server',
    server,
    settings: server.settings,
    paths: runtimePaths(server.settings.root, server.settings.run, server.settings.images),
    client: new ApiUserClient(api),
    api,
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
