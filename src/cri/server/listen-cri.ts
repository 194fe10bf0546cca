import type { Socket } from 'node:net';
import type { GrpcServer } from '../grpc/grpc-server.ts';
import { type ListenAt, listenAt } from '../grpc/listen-at.ts';
import type { CriServerOptions } from './open-cri-server.ts';

export interface CriListener extends AsyncDisposable {
  /** Loads all that is needed, which otherwise waits for the first connection. */
  warmUp(): Promise<void>;
}

/**
 * Serves CRI on a socket of root's own until it is disposed; the pods run on. A server that nobody connects to costs nothing.
 * @throws PeapodError AlreadyExists when another server listens there; Error of the system
 */
export async function listenCri(listen: ListenAt, options: CriServerOptions): Promise<CriListener> {
  let server: Promise<GrpcServer> | undefined;
  const load = (): Promise<GrpcServer> =>
    (server ??= import('./open-cri-server.ts').then(({ openCriServer }) => openCriServer(options)));
  const accept = (socket: Socket): void => {
    load().then(
      (loaded) => loaded.accept(socket),
      (error: unknown) => {
        socket.destroy();
        options.onBug('connect', error);
      },
    );
  };
  const listener = await listenAt(listen, accept);
  return {
    warmUp: async () => void (await load()),
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]();
      await (await server)?.[Symbol.asyncDispose]();
    },
  };
}
