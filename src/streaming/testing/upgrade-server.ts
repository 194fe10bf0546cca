import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** An HTTP server on loopback that only upgrades. */
export class UpgradeServer implements AsyncDisposable {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();
  /** What the handlers' promises came to. */
  readonly served: Promise<void>[] = [];

  constructor(upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>) {
    this.#server = createServer((_request, response) => response.writeHead(404).end('not here'));
    this.#server.on('upgrade', (request, socket, head) => {
      const done = upgrade(request, socket, head);
      done.catch(() => {});
      this.served.push(done);
    });
    this.#server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  get server(): Server {
    return this.#server;
  }

  async listen(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const { port } = this.#server.address() as AddressInfo;
    return new URL(`http://127.0.0.1:${port}/`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await Promise.allSettled(this.served);
  }
}
