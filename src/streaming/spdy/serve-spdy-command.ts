import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Status } from '../../model/api/types.ts';
import { statusText } from '../command/command-status.ts';
import type { CommandStreams } from '../command/command-streams.ts';
import { type CommandVerb, joinCommand } from '../command/join-command.ts';
import type { CommandStreamOptions } from '../command-options.ts';
import type { OpenSession } from '../remote-session.ts';
import type { ServeOptions } from '../serve-options.ts';
import { acceptSpdy } from './accept-spdy.ts';
import {
  type CommandProtocol,
  commandProtocol,
  PROTOCOL_NAMES,
  STREAM_TYPE,
  streamTypes,
} from './command-protocol.ts';
import { SpdyConnection } from './spdy-connection.ts';
import type { SpdyStream } from './spdy-stream.ts';

/** So long a client may take to open its streams. */
const STREAMS_TIMEOUT_MS = 30_000;

export async function serveSpdyCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: ServeOptions & CommandStreamOptions & { verb: CommandVerb },
  open: OpenSession,
): Promise<void> {
  const name = acceptSpdy(request, socket, head, PROTOCOL_NAMES);
  const protocol = name === undefined ? undefined : commandProtocol(name);
  if (!protocol) return;
  const awaited = new AwaitedStreams(streamTypes(options, protocol));
  const connection = new SpdyConnection(socket, {
    side: 'server',
    clock: options.clock,
    heartbeatMs: options.heartbeatMs,
    onStream: (stream) => awaited.take(stream),
  });
  const streams = await awaited.all(connection, options);
  if (streams) await joinCommand(commandStreams(connection, streams, protocol), options.verb, open);
  else await connection.close();
}

/** Collects the streams that a command takes; others are refused. */
class AwaitedStreams {
  readonly #missing: Set<string>;
  readonly #streams = new Map<string, SpdyStream>();
  #complete: () => void = () => {};

  constructor(types: readonly string[]) {
    this.#missing = new Set(types);
  }

  take(stream: SpdyStream): void {
    const type = stream.headers.get(STREAM_TYPE) ?? '';
    if (!this.#missing.delete(type)) {
      stream.refuse();
      return;
    }
    stream.accept();
    this.#streams.set(type, stream);
    if (this.#missing.size === 0) this.#complete();
  }

  /** @returns nothing when the client takes too long, or leaves */
  async all(
    connection: SpdyConnection,
    { clock }: ServeOptions,
  ): Promise<ReadonlyMap<string, SpdyStream> | undefined> {
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, connection.gone]);
    const complete = new Promise<void>((resolve) => {
      this.#complete = resolve;
      if (this.#missing.size === 0) resolve();
    });
    await Promise.race([complete, clock.sleep(STREAMS_TIMEOUT_MS, { signal }).catch(() => {})]);
    done.abort();
    return this.#missing.size === 0 ? this.#streams : undefined;
  }
}

function commandStreams(
  connection: SpdyConnection,
  streams: ReadonlyMap<string, SpdyStream>,
  protocol: CommandProtocol,
): CommandStreams {
  const finish = async (status: Status) => {
    const outputs = ['stdout', 'stderr', 'error'].map((type) => streams.get(type));
    for (const stream of outputs.slice(0, -1)) stream?.end();
    outputs.at(-1)?.end(statusText(status, protocol.status));
    // The client's streams stay open on its side until it leaves; what it still sends is dropped.
    for (const stream of streams.values()) stream.resume();
    await connection.close();
  };
  return {
    stdin: streams.get('stdin'),
    stdout: streams.get('stdout'),
    stderr: streams.get('stderr'),
    resize: streams.get('resize'),
    gone: connection.gone,
    finish,
  };
}
