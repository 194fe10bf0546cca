import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createWebSocketStream } from 'ws';
import { PeapodError } from '../model/errors.ts';
import { type ConnectOptions, heartbeatOf } from './client/connect-options.ts';
import { UpgradeRefused } from './client/upgrade-refused.ts';
import {
  DATA,
  ERROR,
  PORT,
  PORT_FORWARD,
  PORT_FORWARD_TUNNEL,
  REQUEST_ID,
  STREAM_TYPE,
} from './forward/port-forward-protocol.ts';
import { dialSpdy } from './spdy/dial-spdy.ts';
import { SpdyConnection } from './spdy/spdy-connection.ts';
import { dialWebSocket } from './websocket/dial-web-socket.ts';

export interface PortForwardClientOptions extends ConnectOptions {
  /** Absent: SPDY in a WebSocket, and SPDY alone where the server refuses that. */
  transport?: 'websocket' | 'spdy';
}

/** Disposing breaks off all connections. */
export interface PortForwardClient extends AsyncDisposable {
  /**
   * A connection to the port. Whether somebody listens there is known only later: the stream is destroyed with the server's reason.
   * @throws PeapodError Unavailable when the session has ended
   */
  connect(port: number): Promise<Duplex>;
  /** Aborts when the session has ended. */
  readonly gone: AbortSignal;
}

/**
 * Opens a port-forwarding session, at a Kubernetes API server, a kubelet, or where CRI's `PortForward` leads.
 * @param url `http:` or `https:`
 * @throws UpgradeRefused, PeapodError Unavailable, the signal's reason
 */
export async function openPortForward(
  url: URL,
  options: PortForwardClientOptions,
): Promise<PortForwardClient> {
  return new PortForwardSession(await openConnection(url, options));
}

async function openConnection(url: URL, options: PortForwardClientOptions): Promise<SpdyConnection> {
  if (options.transport !== 'spdy') {
    try {
      return await dialWebSocket(url, [PORT_FORWARD_TUNNEL], options, (webSocket) => {
        const tunnel = createWebSocketStream(webSocket);
        return new SpdyConnection(tunnel, { side: 'client', ...heartbeatOf(options) });
      });
    } catch (error) {
      if (options.transport === 'websocket' || !(error instanceof UpgradeRefused)) throw error;
    }
  }
  return (await dialSpdy(url, [PORT_FORWARD], options)).connection;
}

class PortForwardSession implements PortForwardClient {
  readonly #connection: SpdyConnection;
  #requests = 0;

  constructor(connection: SpdyConnection) {
    this.#connection = connection;
  }

  get gone(): AbortSignal {
    return this.#connection.gone;
  }

  async connect(port: number): Promise<Duplex> {
    const headers = [
      [PORT, String(port)],
      [REQUEST_ID, String(this.#requests++)],
    ] as const;
    const opening = [ERROR, DATA].map((type) =>
      this.#connection.open(new Map([[STREAM_TYPE, type], ...headers])),
    );
    const [error, data] = await Promise.all(opening);
    if (!error || !data) throw new Error('bug: two streams were opened');
    error.end();
    data.once('reset', () => void data.destroy(connectionError(port, 'it was reset')));
    const failing = async () => {
      // When the error stream breaks, so does the other.
      const message = await text(error).catch(() => '');
      if (message !== '') data.destroy(connectionError(port, message));
    };
    data.endAfter(failing());
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection.terminate();
  }
}

function connectionError(port: number, reason: string): PeapodError {
  const message = `the connection to port ${port} failed: ${reason}`;
  return new PeapodError('Unavailable', message, { retryable: true });
}
