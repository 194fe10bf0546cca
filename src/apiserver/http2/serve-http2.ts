/**
 * HTTP/2 on one connection, for as much as an API server needs of it. Node.js's own makes streams, events and turns for each request, which costs
 * more than to answer a small one.
 *
 *     preface ──► frames … ──GOAWAY by us, or the socket ends──► closed
 *
 * @see RFC 9113
 */
import type { Duplex } from 'node:stream';
import {
  FIRST_WINDOW,
  FLAG,
  FRAME,
  FRAME_BYTES,
  frameOf,
  HEAD_BYTES,
  MAX_WINDOW,
  numberFrame,
  SETTING,
  settingsFrame,
} from './frames.ts';
import { headBlock } from './head-block.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { ERROR_CODES, type ErrorName, Http2Error } from './http2-error.ts';
import { Http2Request } from './http2-request.ts';
import { Http2Response } from './http2-response.ts';
import { Http2Stream, type StreamHost, STREAM_WINDOW } from './http2-stream.ts';
import { OpenStreams } from './open-streams.ts';
import { Output } from './output.ts';
import { HEAD_LIST_BYTES, readHead, type RequestHead } from './read-head.ts';
import { ResetBudget } from './reset-budget.ts';

export type OnRequest = (request: Http2Request, response: Http2Response) => void;

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const PREFACE_MS = 10_000;
const MAX_STREAMS = 250;
/** What all bodies of a connection may hold before they are taken. */
const CONNECTION_WINDOW = 2 * 1024 * 1024;
/** What the parts of one head may have, shortened as they are. */
const BLOCK_BYTES = 2 * HEAD_LIST_BYTES;
const MAX_BLOCK_PARTS = 64;
const NOTHING = Buffer.alloc(0);

/** Serves until the socket ends. */
export function serveHttp2(socket: Duplex, onRequest: OnRequest): void {
  const connection = new Connection(socket, onRequest);
  const timer = setTimeout(() => socket.destroy(), PREFACE_MS);
  connection.begun.then(
    () => clearTimeout(timer),
    () => {},
  );
  socket.on('data', (chunk: Buffer) => connection.take(chunk));
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    clearTimeout(timer);
    connection.closed();
  });
}

/** The parts of a head that has not come whole. */
interface OpenBlock {
  readonly id: number;
  readonly isEnd: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

class Connection {
  readonly #socket: Duplex;
  readonly #onRequest: OnRequest;
  readonly #decoder = new HpackDecoder();
  readonly #streams = new OpenStreams();
  readonly #output: Output;
  readonly #host: StreamHost;
  readonly #resets = new ResetBudget();
  readonly #begun = Promise.withResolvers<void>();
  #rest: Buffer = NOTHING;
  #state: 'preface' | 'settings' | 'open' | 'over' = 'preface';
  #block: OpenBlock | undefined;
  #lastId = 0;
  /** What a new stream may send before the client takes more. */
  #firstWindow = FIRST_WINDOW;
  /** What the client has sent that counts against the connection's window, and what of it is to be given back. */
  #received = 0;
  #owed = 0;

  constructor(socket: Duplex, onRequest: OnRequest) {
    this.#socket = socket;
    this.#onRequest = onRequest;
    this.#output = new Output(socket, this.#streams);
    this.#host = {
      output: this.#output,
      release: (bytes) => this.#release(bytes),
      forget: (stream) => {
        this.#streams.delete(stream);
        this.#output.forget(stream);
      },
    };
    this.#output.control(
      settingsFrame([
        [SETTING.MAX_CONCURRENT_STREAMS, MAX_STREAMS],
        [SETTING.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
        [SETTING.MAX_HEADER_LIST_SIZE, HEAD_LIST_BYTES],
      ]),
    );
    this.#output.control(numberFrame(FRAME.WINDOW_UPDATE, 0, CONNECTION_WINDOW - FIRST_WINDOW));
  }

  /** Resolves when the client has begun as it should. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    try {
      this.#rest = bytes.subarray(this.#takeFrames(bytes));
      if (this.#output.isFlooded) throw new Http2Error('ENHANCE_YOUR_CALM', 'answers are not read');
    } catch (error) {
      this.#giveUp(error instanceof Http2Error ? error.reason : 'INTERNAL_ERROR');
      if (!(error instanceof Http2Error)) throw error;
    }
  }

  closed(): void {
    this.#state = 'over';
    for (const stream of this.#streams.all()) stream.close('the connection has ended');
  }

  /** @returns how many bytes were whole frames */
  #takeFrames(bytes: Buffer): number {
    let at = 0;
    if (this.#state === 'preface') {
      const begin = bytes.subarray(0, PREFACE.length);
      if (!begin.equals(PREFACE.subarray(0, begin.length)))
        throw new Http2Error('PROTOCOL_ERROR', 'no HTTP/2');
      if (begin.length < PREFACE.length) return 0;
      this.#state = 'settings';
      at = PREFACE.length;
    }
    while (this.#state !== 'over' && bytes.length - at >= HEAD_BYTES) {
      const length = bytes.readUIntBE(at, 3);
      if (length > FRAME_BYTES) throw new Http2Error('FRAME_SIZE_ERROR', 'a frame is too large');
      const end = at + HEAD_BYTES + length;
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + HEAD_BYTES, end);
      this.#takeFrame(
        bytes[at + 3] ?? 0,
        bytes[at + 4] ?? 0,
        bytes.readUInt32BE(at + 5) & MAX_WINDOW,
        payload,
      );
      at = end;
    }
    return this.#state === 'over' ? bytes.length : at;
  }

  #takeFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (this.#state === 'settings' && type !== FRAME.SETTINGS)
      throw new Http2Error('PROTOCOL_ERROR', 'settings come first');
    if (this.#block !== undefined && type !== FRAME.CONTINUATION)
      throw new Http2Error('PROTOCOL_ERROR', 'a head is not whole');
    switch (type) {
      case FRAME.DATA:
        return this.#takeData(flags, id, payload);
      case FRAME.HEADERS:
        return this.#takeHeaders(flags, id, payload);
      case FRAME.CONTINUATION:
        return this.#takeContinuation(flags, id, payload);
      case FRAME.RST_STREAM:
        return this.#takeReset(id, payload);
      case FRAME.SETTINGS:
        return this.#takeSettings(flags, id, payload);
      case FRAME.PING:
        demand(
          id === 0 && payload.length === 8,
          payload.length === 8 ? 'PROTOCOL_ERROR' : 'FRAME_SIZE_ERROR',
        );
        if ((flags & FLAG.ACK) === 0) this.#output.control(frameOf(FRAME.PING, FLAG.ACK, 0, payload));
        return;
      case FRAME.WINDOW_UPDATE:
        return this.#takeWindow(id, payload);
      case FRAME.PRIORITY:
        demand(id !== 0, 'PROTOCOL_ERROR');
        demand(payload.length === 5, 'FRAME_SIZE_ERROR');
        return;
      case FRAME.PUSH_PROMISE:
        throw new Http2Error('PROTOCOL_ERROR', 'clients push nothing');
      case FRAME.GOAWAY:
        demand(id === 0, 'PROTOCOL_ERROR');
        return;
      default:
      // What is not known is for others.
    }
  }

  #takeData(flags: number, id: number, payload: Buffer): void {
    demand(id !== 0 && id <= this.#lastId && id % 2 === 1, 'PROTOCOL_ERROR');
    const content = unpadded(flags, payload);
    this.#received += payload.length;
    demand(this.#received <= CONNECTION_WINDOW, 'FLOW_CONTROL_ERROR');
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.request === undefined) return this.#release(payload.length);
    if (stream.request.isEnded) {
      this.#release(payload.length);
      return stream.breakOff('STREAM_CLOSED');
    }
    if (payload.length > content.length) this.#release(payload.length - content.length);
    if (content.length > 0 && !stream.receive(content)) return stream.breakOff('FLOW_CONTROL_ERROR');
    if (stream.announced !== undefined) stream.announced -= content.length;
    if ((flags & FLAG.END_STREAM) !== 0) endBody(stream);
  }

  #takeHeaders(flags: number, id: number, payload: Buffer): void {
    demand(id % 2 === 1, 'PROTOCOL_ERROR');
    let part = unpadded(flags, payload);
    if ((flags & FLAG.PRIORITY) !== 0) {
      demand(part.length >= 5, 'FRAME_SIZE_ERROR');
      part = part.subarray(5);
    }
    const isEnd = (flags & FLAG.END_STREAM) !== 0;
    if ((flags & FLAG.END_HEADERS) !== 0) return this.#takeBlock(id, isEnd, part);
    this.#block = { id, isEnd, parts: [part], bytes: part.length };
  }

  #takeContinuation(flags: number, id: number, payload: Buffer): void {
    const block = this.#block;
    if (block === undefined || block.id !== id) throw new Http2Error('PROTOCOL_ERROR', 'no head goes on');
    block.parts.push(payload);
    block.bytes += payload.length;
    demand(block.bytes <= BLOCK_BYTES && block.parts.length <= MAX_BLOCK_PARTS, 'ENHANCE_YOUR_CALM');
    if ((flags & FLAG.END_HEADERS) === 0) return;
    this.#block = undefined;
    this.#takeBlock(id, block.isEnd, Buffer.concat(block.parts, block.bytes));
  }

  #takeBlock(id: number, isEnd: boolean, block: Buffer): void {
    const head = readHead(this.#decoder, block);
    if (id <= this.#lastId) return this.#takeTrailers(id, isEnd);
    this.#lastId = id;
    const stream = new Http2Stream(id, this.#firstWindow, this.#host);
    const isRefused = this.#streams.size >= MAX_STREAMS;
    this.#streams.add(stream);
    if (isRefused) return stream.breakOff('REFUSED_STREAM');
    if (head === 'malformed') return stream.breakOff('PROTOCOL_ERROR');
    if (head === 'too large') return this.#answer(stream, 431);
    this.#begin(stream, head, isEnd);
  }

  /** What follows a body tells us nothing. */
  #takeTrailers(id: number, isEnd: boolean): void {
    const stream = this.#streams.get(id);
    if (stream?.request === undefined) return;
    if (!isEnd || stream.request.isEnded) stream.breakOff('PROTOCOL_ERROR');
    else endBody(stream);
  }

  #begin(stream: Http2Stream, head: RequestHead, isEnd: boolean): void {
    const { method, url, headers, rawHeaders } = head;
    const request = new Http2Request(method, url, headers, rawHeaders, (bytes) => stream.taken(bytes));
    stream.request = request;
    const length = headers['content-length'];
    if (length !== undefined) stream.announced = Number(length);
    if (isEnd) endBody(stream);
    if (stream.isClosed) return;
    if (headers.expect === '100-continue' && !isEnd) stream.sendHead(headBlock(100, []), undefined);
    this.#onRequest(request, new Http2Response(stream, method));
  }

  /** For who asked nothing that a handler could be given. */
  #answer(stream: Http2Stream, status: number): void {
    stream.sendHead(headBlock(status, []), []);
  }

  #takeReset(id: number, payload: Buffer): void {
    demand(id !== 0 && id <= this.#lastId, 'PROTOCOL_ERROR');
    demand(payload.length === 4, 'FRAME_SIZE_ERROR');
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    demand(this.#resets.spend(performance.now()), 'ENHANCE_YOUR_CALM');
    stream.close('the client has gone');
  }

  #takeSettings(flags: number, id: number, payload: Buffer): void {
    demand(id === 0, 'PROTOCOL_ERROR');
    const isAck = (flags & FLAG.ACK) !== 0;
    demand(isAck ? payload.length === 0 : payload.length % 6 === 0, 'FRAME_SIZE_ERROR');
    if (this.#state === 'settings') {
      demand(!isAck, 'PROTOCOL_ERROR');
      this.#state = 'open';
      this.#begun.resolve();
    }
    if (isAck) return;
    for (let at = 0; at < payload.length; at += 6)
      this.#takeSetting(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    this.#output.control(frameOf(FRAME.SETTINGS, FLAG.ACK, 0, NOTHING));
    this.#output.pumpAll();
  }

  #takeSetting(setting: number, value: number): void {
    if (setting === SETTING.ENABLE_PUSH) demand(value <= 1, 'PROTOCOL_ERROR');
    else if (setting === SETTING.INITIAL_WINDOW_SIZE) {
      demand(value <= MAX_WINDOW, 'FLOW_CONTROL_ERROR');
      for (const stream of this.#streams)
        demand(stream.widen(value - this.#firstWindow), 'FLOW_CONTROL_ERROR');
      this.#firstWindow = value;
    } else if (setting === SETTING.MAX_FRAME_SIZE) {
      demand(value >= FRAME_BYTES && value < 2 ** 24, 'PROTOCOL_ERROR');
      // Larger ones would keep others waiting.
      this.#output.frameBytes = Math.min(value, FRAME_BYTES);
    }
  }

  #takeWindow(id: number, payload: Buffer): void {
    demand(payload.length === 4, 'FRAME_SIZE_ERROR');
    const bytes = payload.readUInt32BE(0) & MAX_WINDOW;
    if (id === 0) {
      demand(bytes > 0, 'PROTOCOL_ERROR');
      return demand(this.#output.widen(bytes), 'FLOW_CONTROL_ERROR');
    }
    demand(id <= this.#lastId, 'PROTOCOL_ERROR');
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (bytes === 0) return stream.breakOff('PROTOCOL_ERROR');
    if (!stream.widen(bytes)) return stream.breakOff('FLOW_CONTROL_ERROR');
    this.#output.pumpAll();
  }

  #release(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed < CONNECTION_WINDOW / 4) return;
    this.#output.control(numberFrame(FRAME.WINDOW_UPDATE, 0, this.#owed));
    this.#received -= this.#owed;
    this.#owed = 0;
  }

  /** Tells the client why, and ends. */
  #giveUp(reason: ErrorName): void {
    this.#state = 'over';
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(this.#lastId);
    payload.writeUInt32BE(ERROR_CODES[reason], 4);
    this.#output.control(frameOf(FRAME.GOAWAY, 0, 0, payload));
    this.#output.flush();
    this.closed();
    this.#socket.end(() => this.#socket.destroy());
  }
}

function endBody(stream: Http2Stream): void {
  if (stream.announced !== undefined && stream.announced !== 0) return stream.breakOff('PROTOCOL_ERROR');
  stream.request?.end();
}

/** What is left of a payload without what fills it up. */
function unpadded(flags: number, payload: Buffer): Buffer {
  if ((flags & FLAG.PADDED) === 0) return payload;
  const padding = payload[0] ?? 0;
  demand(padding < payload.length, 'PROTOCOL_ERROR');
  return payload.subarray(1, payload.length - padding);
}

/** @throws Http2Error unless it is so */
function demand(isSo: boolean, reason: ErrorName): void {
  if (!isSo) throw new Http2Error(reason, 'the client broke the protocol');
}
