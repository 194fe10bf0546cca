import type { Duplex } from 'node:stream';
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';
import { Heartbeat } from '../heartbeat.ts';
import { encodeDataHead, encodeFrame } from './encode-frame.ts';
import { type Frame, GOAWAY_OK, GOAWAY_PROTOCOL_ERROR, INITIAL_WINDOW_SIZE, RESET } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { HeaderCompressor, HeaderDecompressor, type Headers } from './header-block.ts';
import { SpdyStream, type StreamLink, WINDOW_BYTES } from './spdy-stream.ts';

const MAX_STREAMS = 1000;
/** So much of answers to the peer's frames may wait for a peer that does not read them. */
const ANSWER_BYTES = 1024 * 1024;
const CLOSE_TIMEOUT_MS = 10_000;
const HIGHEST_STREAM_ID = 0x7fff_ffff;

export interface SpdyOptions {
  side: 'client' | 'server';
  clock: Clock;
  heartbeatMs: number;
  /** Called for each stream that the peer opens; it is to be accepted or refused. Absent: all are refused. */
  onStream?: (stream: SpdyStream) => void;
}

interface Opening {
  stream: SpdyStream;
  resolve(stream: SpdyStream): void;
  reject(error: Error): void;
}

/**
 * SPDY/3.1 over a byte stream, which it owns. Each stream has a bounded store; a peer that keeps no windows is held back as a whole
 * while one stream's store is full.
 */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #options: SpdyOptions;
  readonly #heartbeat: Heartbeat;
  readonly #reader = new FrameReader();
  readonly #compressor = new HeaderCompressor();
  readonly #decompressor = new HeaderDecompressor();
  readonly #streams = new Map<number, SpdyStream>();
  readonly #opening = new Map<number, Opening>();
  readonly #full = new Set<SpdyStream>();
  readonly #gone = new AbortController();
  readonly #link: StreamLink;
  #drained: (() => void) | undefined;
  #nextStreamId: number;
  #lastPeerStreamId = 0;
  #peerWindow = Number.POSITIVE_INFINITY;
  #isGoingAway = false;
  #answerBytes = 0;

  constructor(socket: Duplex, options: SpdyOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nextStreamId = options.side === 'client' ? 1 : 2;
    this.#link = {
      sendData: (id, fin, data, sent) => this.#sendData(id, fin, data, sent),
      sendReset: (streamId, status) => this.#answer({ type: 'RST_STREAM', streamId, status }),
      sendWindowUpdate: (streamId, delta) => this.#answer({ type: 'WINDOW_UPDATE', streamId, delta }),
      sendReply: (streamId) => {
        const headers = this.#compressor.compress(new Map());
        this.#answer({ type: 'SYN_REPLY', streamId, fin: false, headers });
      },
      setFull: (stream, isFull) => this.#setFull(stream, isFull),
      closed: (stream) => this.#forget(stream),
    };
    // Ids of pings are odd from a client and even from a server.
    const parity = options.side === 'client' ? 1 : 0;
    this.#heartbeat = new Heartbeat(
      {
        ping: (id) => this.#answer({ type: 'PING', id: id * 2 + parity }),
        isPaused: () => this.#full.size > 0,
        terminate: () => this.terminate(),
      },
      options.clock,
      options.heartbeatMs,
    );
    socket.on('error', () => {});
    socket.on('close', () => this.#end());
    this.#send({ type: 'SETTINGS', settings: new Map([[INITIAL_WINDOW_SIZE, WINDOW_BYTES]]) });
    if (socket.destroyed) this.#end();
    void this.#readAll();
  }

  /** Aborts when the connection has ended. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Opens a stream and waits until the peer has accepted it.
   * @throws PeapodError Unavailable
   */
  open(headers: Headers): Promise<SpdyStream> {
    const id = this.#nextStreamId;
    if (this.#gone.signal.aborted || this.#isGoingAway || id > HIGHEST_STREAM_ID) {
      return Promise.reject(unavailable('the connection takes no more streams'));
    }
    this.#nextStreamId += 2;
    const stream = new SpdyStream(this.#link, id, headers, this.#peerWindow);
    this.#streams.set(id, stream);
    this.#send({ type: 'SYN_STREAM', streamId: id, fin: false, headers: this.#compressor.compress(headers) });
    return new Promise((resolve, reject) => this.#opening.set(id, { stream, resolve, reject }));
  }

  /** Takes no more streams, and ends the connection when the last has ended, or the peer leaves, or that takes too long. */
  async close(timeoutMs = CLOSE_TIMEOUT_MS): Promise<void> {
    if (this.#gone.signal.aborted) return;
    this.#isGoingAway = true;
    this.#send({ type: 'GOAWAY', lastStreamId: this.#lastPeerStreamId, status: GOAWAY_OK });
    const ended = new Promise((resolve) => this.#gone.signal.addEventListener('abort', resolve));
    const timeout = new AbortController();
    const waited = this.#options.clock.sleep(timeoutMs, { signal: timeout.signal }).catch(() => {});
    this.#endWhenIdle();
    await Promise.race([ended, waited]);
    timeout.abort();
    this.terminate();
  }

  /** Breaks the connection off. */
  terminate(): void {
    this.#socket.destroy();
  }

  async #readAll(): Promise<void> {
    try {
      for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
        for (const frame of this.#reader.read(chunk as Buffer)) this.#receive(frame);
        while (this.#full.size > 0 && !this.#gone.signal.aborted) {
          await new Promise<void>((resolve) => {
            this.#drained = resolve;
          });
        }
      }
    } catch {
      // Whatever broke it, or whoever: the connection is of no more use. A peer that still listens learns of its error.
      this.#send({ type: 'GOAWAY', lastStreamId: this.#lastPeerStreamId, status: GOAWAY_PROTOCOL_ERROR });
    }
    this.#socket.destroy();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case 'SYN_STREAM':
        this.#receiveStream(frame.streamId, frame.fin, this.#decompressor.decompress(frame.headers));
        break;
      case 'SYN_REPLY':
        this.#decompressor.decompress(frame.headers);
        this.#settle(frame.streamId);
        if (frame.fin) this.#streams.get(frame.streamId)?.receiveFin();
        break;
      case 'HEADERS':
        // They say nothing in Kubernetes, but belong to the compressed stream.
        this.#decompressor.decompress(frame.headers);
        if (frame.fin) this.#streams.get(frame.streamId)?.receiveFin();
        break;
      case 'RST_STREAM':
        this.#settle(frame.streamId, unavailable(`the peer refused the stream with status ${frame.status}`));
        this.#streams.get(frame.streamId)?.receiveReset(frame.status);
        break;
      case 'DATA':
        this.#streams.get(frame.streamId)?.receive(frame.data);
        if (frame.fin) this.#streams.get(frame.streamId)?.receiveFin();
        break;
      case 'WINDOW_UPDATE':
        this.#streams.get(frame.streamId)?.widen(frame.delta);
        break;
      case 'SETTINGS':
        this.#receiveWindow(frame.settings.get(INITIAL_WINDOW_SIZE));
        break;
      case 'PING':
        this.#receivePing(frame.id);
        break;
      case 'GOAWAY':
        this.#isGoingAway = true;
        this.#endWhenIdle();
        break;
    }
  }

  #receiveStream(id: number, fin: boolean, headers: Headers): void {
    const isPeers = id % 2 === (this.#options.side === 'server' ? 1 : 0);
    if (!isPeers || id <= this.#lastPeerStreamId) {
      this.#answer({ type: 'RST_STREAM', streamId: id, status: RESET.protocolError });
      return;
    }
    this.#lastPeerStreamId = id;
    if (this.#isGoingAway || this.#streams.size >= MAX_STREAMS || !this.#options.onStream) {
      this.#answer({ type: 'RST_STREAM', streamId: id, status: RESET.refusedStream });
      return;
    }
    const stream = new SpdyStream(this.#link, id, headers, this.#peerWindow);
    this.#streams.set(id, stream);
    if (fin) stream.receiveFin();
    this.#options.onStream(stream);
  }

  #receiveWindow(window: number | undefined): void {
    if (window === undefined || window > HIGHEST_STREAM_ID) return;
    const before = this.#peerWindow;
    this.#peerWindow = window;
    for (const stream of this.#streams.values()) {
      if (before === Number.POSITIVE_INFINITY) stream.limitWindow(window);
      else stream.widen(window - before);
    }
  }

  #receivePing(id: number): void {
    const isOurs = id % 2 === (this.#options.side === 'client' ? 1 : 0);
    if (isOurs) this.#heartbeat.answered((id - (id % 2)) / 2);
    else this.#answer({ type: 'PING', id });
  }

  #settle(id: number, error?: Error): void {
    const opening = this.#opening.get(id);
    if (!opening) return;
    this.#opening.delete(id);
    if (error) opening.reject(error);
    else opening.resolve(opening.stream);
  }

  #setFull(stream: SpdyStream, isFull: boolean): void {
    if (isFull) {
      this.#full.add(stream);
      return;
    }
    if (!this.#full.delete(stream) || this.#full.size > 0) return;
    this.#wake();
  }

  #wake(): void {
    const drained = this.#drained;
    this.#drained = undefined;
    drained?.();
  }

  #forget(stream: SpdyStream): void {
    this.#streams.delete(stream.id);
    this.#endWhenIdle();
  }

  #endWhenIdle(): void {
    if (this.#isGoingAway && this.#streams.size === 0) this.#socket.end();
  }

  #sendData(id: number, fin: boolean, data: Buffer, sent: (error?: Error | null) => void): void {
    if (this.#gone.signal.aborted || !this.#socket.writable) {
      sent(unavailable('the connection is closed'));
      return;
    }
    if (data.length > 0) this.#heartbeat.sent();
    this.#socket.cork();
    if (data.length === 0) this.#socket.write(encodeDataHead(id, fin, 0), sent);
    else {
      this.#socket.write(encodeDataHead(id, fin, data.length));
      this.#socket.write(data, sent);
    }
    this.#socket.uncork();
  }

  #send(frame: Frame, sent?: () => void): void {
    if (this.#socket.writable) this.#socket.write(encodeFrame(frame), sent);
    else sent?.();
  }

  /** Sends what the peer caused, as long as it also reads. */
  #answer(frame: Frame): void {
    const bytes = encodeFrame(frame).length;
    this.#answerBytes += bytes;
    if (this.#answerBytes > ANSWER_BYTES) this.terminate();
    else {
      this.#send(frame, () => {
        this.#answerBytes -= bytes;
      });
    }
  }

  #end(): void {
    if (this.#gone.signal.aborted) return;
    this.#heartbeat.stop();
    this.#gone.abort();
    const lost = unavailable('the connection was lost');
    for (const id of this.#opening.keys()) this.#settle(id, lost);
    for (const stream of this.#streams.values()) stream.receiveLoss();
    this.#streams.clear();
    this.#wake();
  }
}

function unavailable(message: string): PeapodError {
  return new PeapodError('Unavailable', message, { retryable: true });
}
