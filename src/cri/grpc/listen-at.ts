import { once } from 'node:events';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { dirname, isAbsolute } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { isListenedTo } from '../../runtime/linux/is-listened-to.ts';

export interface ListenAt {
  /** Of a UNIX socket, absolute. */
  readonly path: string;
}

/** Connections at one time; more are closed at once. */
const MAX_CONNECTIONS = 1_000;
/** What fits into the kernel's `sockaddr_un`, with its end. */
const MAX_PATH_BYTES = 107;

/** `unix:///run/peapod/cri.sock`, or the path alone. @throws PeapodError Invalid */
export function readUnixAddress(text: string): ListenAt {
  const path = text.replace(/^unix:(?:\/\/)?/, '');
  if (!isAbsolute(path) || /^[a-z]+:/.test(path) || path.endsWith('/'))
    throw new PeapodError(
      'Invalid',
      `invalid address ${JSON.stringify(text)}: expected unix:///absolute/path.sock`,
    );
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new PeapodError(
      'Invalid',
      `invalid address ${JSON.stringify(text)}: longer than ${MAX_PATH_BYTES} bytes`,
    );
  return { path };
}

/**
 * Listens on a socket that only its owner may use; one that a dead server left is replaced.
 * @throws PeapodError AlreadyExists when a server answers there
 */
export async function listenAt(
  { path }: ListenAt,
  onConnection: (socket: Socket) => void,
): Promise<AsyncDisposable> {
  if (await isListenedTo(path)) throw new PeapodError('AlreadyExists', `another server listens on ${path}`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket)).on('error', () => socket.destroy());
    onConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  // Node binds in this very turn, so nothing else is made with this mask, and nobody can connect before.
  const umask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}
