import type { Duplex } from 'node:stream';
import type { ServeOptions } from '../serve-options.ts';
import { SpdyConnection } from '../spdy/spdy-connection.ts';
import type { SpdyStream } from '../spdy/spdy-stream.ts';
import { type DialPort, forwardFailure, joinStreams, readPort } from './join-port.ts';
import { DATA, ERROR, PORT, REQUEST_ID, STREAM_TYPE } from './port-forward-protocol.ts';

/** So long a client may take to open the second stream of a pair. */
const PAIR_TIMEOUT_MS = 30_000;

interface Pair {
  port: number;
  data?: SpdyStream;
  error?: SpdyStream;
  /** Ends the waiting for the other one. */
  complete: AbortController;
}

/**
 * Serves port-forwarding on a SPDY connection until it ends. Every connection is a pair of streams: `data`, and `error` for why it
 * failed. One that fails harms no other.
 */
export async function serveSpdyPorts(socket: Duplex, options: ServeOptions, dial: DialPort): Promise<void> {
  const pairs = new PortPairs(options, dial);
  const connection = new SpdyConnection(socket, {
    side: 'server',
    clock: options.clock,
    heartbeatMs: options.heartbeatMs,
    onStream: (stream) => pairs.take(stream),
  });
  if (connection.gone.aborted) return;
  await new Promise((resolve) => connection.gone.addEventListener('abort', resolve));
}

class PortPairs {
  readonly #options: ServeOptions;
  readonly #dial: DialPort;
  readonly #waiting = new Map<string, Pair>();

  constructor(options: ServeOptions, dial: DialPort) {
    this.#options = options;
    this.#dial = dial;
  }

  take(stream: SpdyStream): void {
    const type = stream.headers.get(STREAM_TYPE);
    const port = readPort(stream.headers.get(PORT));
    if (port === undefined || (type !== DATA && type !== ERROR)) {
      stream.refuse();
      return;
    }
    const id = pairId(stream, type);
    const pair = this.#waiting.get(id) ?? this.#begin(id, port);
    if (pair[type] || pair.port !== port) {
      stream.refuse();
      return;
    }
    pair[type] = stream;
    stream.accept();
    const { data, error } = pair;
    if (!data || !error) return;
    this.#waiting.delete(id);
    pair.complete.abort();
    void forward(data, error, port, this.#dial);
  }

  #begin(id: string, port: number): Pair {
    const pair: Pair = { port, complete: new AbortController() };
    this.#waiting.set(id, pair);
    void this.#giveUpLate(id, pair);
    return pair;
  }

  async #giveUpLate(id: string, pair: Pair): Promise<void> {
    try {
      await this.#options.clock.sleep(PAIR_TIMEOUT_MS, { signal: pair.complete.signal });
    } catch {
      return;
    }
    this.#waiting.delete(id);
    pair.error?.end('timed out waiting for the data stream');
    pair.data?.destroy();
  }
}

/** The first clients sent no request id, but the error stream always just before its data stream. */
function pairId(stream: SpdyStream, type: string): string {
  const id = stream.headers.get(REQUEST_ID);
  if (id !== undefined) return `request ${id}`;
  return `stream ${type === DATA ? stream.id - 2 : stream.id}`;
}

async function forward(data: SpdyStream, error: SpdyStream, port: number, dial: DialPort): Promise<void> {
  const left = new AbortController();
  const leave = () => left.abort();
  data.once('reset', leave).once('lost', leave).once('close', leave);
  error.resume();
  try {
    const remote = await dial(port, { signal: left.signal });
    // Ended at once: a client may wait for it before it takes the data's end for one.
    error.end();
    if (left.signal.aborted) {
      remote.on('error', () => {}).destroy();
    } else {
      const drop = () => void data.destroy();
      data.once('reset', drop).once('lost', drop);
      await joinStreams(data, remote);
    }
  } catch (cause) {
    error.end(forwardFailure(port, cause));
    // Ended, not reset, so that the client looks at the error.
    data.resume().end();
  }
}
