/** Streams to and from a pod, by way of the server. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Clock } from '../model/clock.ts';
import type { ConnectOptions } from '../streaming/client/connect-options.ts';
import { openPortForward } from '../streaming/open-port-forward.ts';
import { openRemoteCommand } from '../streaming/open-remote-command.ts';
import type { RemoteSession } from '../streaming/remote-session.ts';
import type { StreamAddress } from './reach-server.ts';

export interface PodAddress {
  readonly namespace: string;
  readonly name: string;
}

/** A port of a pod as this machine reaches it. */
export interface MappedPort extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `host:port` */
  readonly address: string;
}

export class PodStreams implements AsyncDisposable {
  readonly #address: StreamAddress;
  readonly #clock: Clock;
  readonly #forwards = new Set<() => Promise<void>>();

  constructor(address: StreamAddress, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
  }

  async exec(
    pod: PodAddress,
    options: {
      container: string;
      command: readonly string[];
      stdin: boolean;
      tty: boolean;
      signal?: AbortSignal;
    },
  ): Promise<RemoteSession> {
    const { container, command, stdin, tty, signal } = options;
    const query = new URLSearchParams([
      ['container', container],
      ...command.map((word) => ['command', word]),
    ]);
    if (stdin) query.set('stdin', 'true');
    query.set('stdout', 'true');
    query.set(tty ? 'tty' : 'stderr', 'true');
    return openRemoteCommand(this.#url(pod, 'exec', query), await this.#options(signal));
  }

  /** Listens on a free port of this machine, and joins each connection to the pod's port; also after a restart of the server. */
  async forward(pod: PodAddress, port: number, onClosed: () => void): Promise<MappedPort> {
    const open = async () =>
      openPortForward(this.#url(pod, 'portforward', new URLSearchParams()), await this.#options());
    let session = await open();
    const connectInPod = async (): Promise<Duplex> => {
      const used = session;
      try {
        return await used.connect(port);
      } catch {
        if (session === used) session = await open();
        await used[Symbol.asyncDispose]();
        return session.connect(port);
      }
    };
    const sockets = new Set<Socket>();
    const join = async (socket: Socket): Promise<void> => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
      try {
        const inPod = await connectInPod();
        inPod.on('error', () => socket.destroy());
        socket.once('close', () => inPod.destroy());
        socket.pipe(inPod).pipe(socket);
      } catch {
        socket.destroy();
      }
    };
    const server = createServer({ allowHalfOpen: true }, (socket) => void join(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.unref();
    const bound = server.address() as AddressInfo;
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => (closing ??= end());
    const end = async (): Promise<void> => {
      this.#forwards.delete(close);
      onClosed();
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await session[Symbol.asyncDispose]();
      await closed;
    };
    this.#forwards.add(close);
    return {
      host: '127.0.0.1',
      port: bound.port,
      address: `127.0.0.1:${bound.port}`,
      [Symbol.asyncDispose]: close,
    };
  }

  /** Closes all ports that were opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#forwards].map((close) => close()));
  }

  /** Whether something in the pod accepts a connection to the port. */
  async accepts(pod: PodAddress, port: number, waitMs: number): Promise<boolean> {
    await using session = await openPortForward(
      this.#url(pod, 'portforward', new URLSearchParams()),
      await this.#options(),
    );
    const stream = await session.connect(port);
    // Refusals come as an error; who listens may wait for us to speak.
    // Awaited here: the session is gone when we return.
    return await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), waitMs);
      const answer = (is: boolean) => {
        clearTimeout(timer);
        resolve(is);
      };
      stream.on('error', () => answer(false)).once('close', () => answer(false));
      stream.once('data', () => answer(true));
    });
  }

  #url({ namespace, name }: PodAddress, subresource: string, query: URLSearchParams): URL {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/${subresource}`;
    return new URL(`${this.#address.origin}${path}?${query.toString()}`);
  }

  async #options(signal?: AbortSignal): Promise<ConnectOptions> {
    return {
      clock: this.#clock,
      ...(await this.#address.options()),
      ...(signal === undefined ? {} : { signal }),
    };
  }
}
