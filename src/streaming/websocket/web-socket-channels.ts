import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../model/clock.ts';
import { ByteStore } from '../byte-store.ts';
import { Heartbeat } from '../heartbeat.ts';
import { CLOSE_CHANNEL, type ChannelProtocol } from './channel-protocol.ts';

/** So much of one channel may wait to be taken before we stop reading from the peer. */
const CHANNEL_BYTES = 1024 * 1024;
/** Greater pieces are sent in several messages. */
const MESSAGE_BYTES = 128 * 1024;
const CLOSE_TIMEOUT_MS = 10_000;
const ASCII_ZERO = 48;

/**
 * Splits one WebSocket into numbered duplex streams. Reading waits while any channel has too much in store, writing waits for the
 * socket. When the connection ends, so does every channel. To be made in the same turn in which the socket was opened.
 */
export class WebSocketChannels {
  readonly #socket: WebSocket;
  readonly #protocol: ChannelProtocol;
  readonly #clock: Clock;
  readonly #channels = new Map<number, Channel>();
  readonly #full = new Set<Channel>();
  readonly #heartbeat: Heartbeat;
  readonly #gone = new AbortController();

  constructor(socket: WebSocket, protocol: ChannelProtocol, options: { clock: Clock; heartbeatMs: number }) {
    this.#socket = socket;
    this.#protocol = protocol;
    this.#clock = options.clock;
    this.#heartbeat = new Heartbeat(
      {
        ping: (id) => socket.ping(String(id), undefined, () => {}),
        assure: () => socket.pong('', undefined, () => {}),
        isPaused: () => this.#full.size > 0,
        terminate: () => socket.terminate(),
      },
      options.clock,
      options.heartbeatMs,
    );
    socket.on('message', (data, isBinary) => this.#receive(asBuffer(data), isBinary));
    socket.on('pong', (data) => this.#heartbeat.answered(Number(data.toString('latin1'))));
    // What breaks a connection is told by its closing.
    socket.on('error', () => {});
    socket.on('close', () => this.#end());
  }

  /** Aborts when the connection has ended. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Messages on channels that were never asked for are dropped. */
  channel(number: number): Duplex {
    let channel = this.#channels.get(number);
    if (!channel) {
      channel = new Channel({
        send: (data, sent) => this.#send(number, data, sent),
        close: (closed) => this.#sendClose(number, closed),
        taken: (channel) => this.#release(channel),
      });
      this.#channels.set(number, channel);
    }
    return channel;
  }

  /** Says that the channel stands by an empty message, as clients wait for one. */
  announce(number: number): void {
    this.#send(number, Buffer.alloc(0), () => {});
  }

  /** Closes the connection after all that was written; resolves when the peer has closed it too, or took too long. */
  async close(): Promise<void> {
    if (this.#gone.signal.aborted) return;
    const ended = new Promise((resolve) => this.#gone.signal.addEventListener('abort', resolve));
    // The peer's answer has to be read, whatever it had sent before.
    for (const channel of this.#full) channel.discard();
    this.#socket.close(1000);
    const timeout = new AbortController();
    const waited = this.#clock.sleep(CLOSE_TIMEOUT_MS, { signal: timeout.signal }).catch(() => {});
    await Promise.race([ended, waited]);
    timeout.abort();
    this.#socket.terminate();
  }

  /** Breaks the connection off. */
  terminate(): void {
    this.#socket.terminate();
  }

  #receive(message: Buffer, isBinary: boolean): void {
    const decoded = decode(message, isBinary, this.#protocol);
    if (!decoded) return;
    if (decoded.channel === CLOSE_CHANNEL) {
      if (this.#protocol.closes) this.#channels.get(decoded.data[0] ?? CLOSE_CHANNEL)?.receiveEnd();
      return;
    }
    const channel = this.#channels.get(decoded.channel);
    if (!channel || channel.receive(decoded.data)) return;
    this.#full.add(channel);
    this.#socket.pause();
  }

  #release(channel: Channel): void {
    if (this.#full.delete(channel) && this.#full.size === 0) this.#socket.resume();
  }

  #send(channel: number, data: Buffer, sent: (error?: Error | null) => void): void {
    if (this.#socket.readyState !== this.#socket.OPEN) {
      sent(new Error('the connection is closed'));
      return;
    }
    if (data.length > 0) this.#heartbeat.sent();
    this.#socket.send(encode(channel, data, this.#protocol), sent);
  }

  #sendClose(channel: number, sent: (error?: Error | null) => void): void {
    if (this.#protocol.closes && this.#socket.readyState === this.#socket.OPEN) {
      this.#send(CLOSE_CHANNEL, Buffer.of(channel), sent);
    } else sent();
  }

  #end(): void {
    this.#heartbeat.stop();
    for (const channel of this.#channels.values()) channel.receiveEnd();
    this.#gone.abort();
  }
}

interface ChannelLink {
  send(data: Buffer, sent: (error?: Error | null) => void): void;
  close(closed: (error?: Error | null) => void): void;
  /** The stream's store is no longer full. */
  taken(channel: Channel): void;
}

class Channel extends Duplex {
  readonly #link: ChannelLink;
  readonly #store = new ByteStore();
  #isWanted = false;
  #ended = false;

  constructor(link: ChannelLink) {
    super({ allowHalfOpen: true });
    this.#link = link;
    // Whoever uses the stream learns of its errors; a channel that nobody uses must not bring the process down.
    this.on('error', () => {});
  }

  /** @returns whether more may come now */
  receive(data: Buffer): boolean {
    if (this.#ended || this.destroyed || data.length === 0) return true;
    if (this.#isWanted) {
      this.#isWanted = false;
      this.push(data);
    } else this.#store.push(data);
    return this.#store.bytes <= CHANNEL_BYTES;
  }

  receiveEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#isWanted) this.push(null);
  }

  discard(): void {
    this.unpipe();
    this.removeAllListeners('readable');
    this.resume();
  }

  override _read(): void {
    const data = this.#store.shift();
    if (data) {
      if (this.#store.bytes <= CHANNEL_BYTES) this.#link.taken(this);
      this.push(data);
    } else if (this.#ended) this.push(null);
    else this.#isWanted = true;
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (chunk.length <= MESSAGE_BYTES) {
      this.#link.send(chunk, callback);
      return;
    }
    this.#link.send(chunk.subarray(0, MESSAGE_BYTES), (error) => {
      if (error) callback(error);
      else this._write(chunk.subarray(MESSAGE_BYTES), encoding, callback);
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#link.close(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#store.clear();
    this.#link.taken(this);
    callback(error);
  }
}

function decode(
  message: Buffer,
  isBinary: boolean,
  protocol: ChannelProtocol,
): { channel: number; data: Buffer } | undefined {
  const first = message[0];
  if (first === undefined) return undefined;
  const data = message.subarray(1);
  if (isBinary || protocol.encoding === 'binary') return { channel: first, data };
  return { channel: first - ASCII_ZERO, data: Buffer.from(data.toString('latin1'), 'base64') };
}

function encode(channel: number, data: Buffer, protocol: ChannelProtocol): Buffer | string {
  if (protocol.encoding === 'base64') return `${channel}${data.toString('base64')}`;
  const message = Buffer.allocUnsafe(data.length + 1);
  message[0] = channel;
  data.copy(message, 1);
  return message;
}

function asBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
