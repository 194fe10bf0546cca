import {
  CONTROL_TYPES,
  FLAG_FIN,
  FRAME_HEAD_BYTES,
  type Frame,
  low31,
  SpdyProtocolError,
  VERSION,
} from './frame.ts';

/** Greatest control frame that we take. */
const CONTROL_BYTES = 64 * 1024;
const SETTING_BYTES = 8;
const LENGTH_MASK = 0xff_ffff;

/**
 * Cuts a byte stream into frames. The data of a DATA frame is passed on as it comes, as frames of its own of which only the last has
 * `fin`, so that no more is kept than one control frame. Control frames of unknown types are passed over.
 */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);
  /** The DATA frame that has yet to come to its end. */
  #data: { streamId: number; fin: boolean; remaining: number } | undefined;

  /** @throws SpdyProtocolError */
  *read(chunk: Buffer): Generator<Frame, void, undefined> {
    let rest = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = Buffer.alloc(0);
    for (;;) {
      if (this.#data) {
        if (rest.length === 0) return;
        const data = rest.subarray(0, this.#data.remaining);
        rest = rest.subarray(data.length);
        yield this.#dataFrame(this.#data, data);
        continue;
      }
      if (rest.length < FRAME_HEAD_BYTES) break;
      const length = rest.readUInt32BE(4) & LENGTH_MASK;
      if (!isControl(rest)) {
        const head = { streamId: rest.readUInt32BE(0), fin: hasFin(rest), remaining: length };
        if (head.streamId === 0) throw new SpdyProtocolError('data on stream 0');
        rest = rest.subarray(FRAME_HEAD_BYTES);
        if (length > 0) this.#data = head;
        else yield this.#dataFrame(head, Buffer.alloc(0));
        continue;
      }
      if (length > CONTROL_BYTES) throw new SpdyProtocolError(`control frame of ${length} bytes`);
      if (rest.length < FRAME_HEAD_BYTES + length) break;
      const frame = readControl(rest.subarray(0, FRAME_HEAD_BYTES + length));
      rest = rest.subarray(FRAME_HEAD_BYTES + length);
      if (frame) yield frame;
    }
    this.#pending = Buffer.from(rest);
  }

  #dataFrame(head: { streamId: number; fin: boolean; remaining: number }, data: Buffer): Frame {
    head.remaining -= data.length;
    const isLast = head.remaining === 0;
    if (isLast) this.#data = undefined;
    return { type: 'DATA', streamId: head.streamId, fin: isLast && head.fin, data };
  }
}

function isControl(head: Buffer): boolean {
  return head.readUInt8(0) >= 0x80;
}

function hasFin(head: Buffer): boolean {
  return (head.readUInt8(4) & FLAG_FIN) !== 0;
}

function readControl(frame: Buffer): Frame | undefined {
  const version = frame.readUInt16BE(0) & 0x7fff;
  if (version !== VERSION) throw new SpdyProtocolError(`version ${version} of SPDY`);
  const fin = hasFin(frame);
  const payload = frame.subarray(FRAME_HEAD_BYTES);
  const word = (index: number) => {
    if (payload.length < (index + 1) * 4) throw new SpdyProtocolError('truncated control frame');
    return payload.readUInt32BE(index * 4);
  };
  const streamId = () => {
    const id = low31(word(0));
    if (id === 0) throw new SpdyProtocolError('control frame for stream 0');
    return id;
  };
  switch (frame.readUInt16BE(2)) {
    case CONTROL_TYPES.SYN_STREAM:
      word(1);
      return { type: 'SYN_STREAM', streamId: streamId(), fin, headers: payload.subarray(10) };
    case CONTROL_TYPES.SYN_REPLY:
      return { type: 'SYN_REPLY', streamId: streamId(), fin, headers: payload.subarray(4) };
    case CONTROL_TYPES.HEADERS:
      return { type: 'HEADERS', streamId: streamId(), fin, headers: payload.subarray(4) };
    case CONTROL_TYPES.RST_STREAM:
      return { type: 'RST_STREAM', streamId: streamId(), status: word(1) };
    case CONTROL_TYPES.SETTINGS:
      return { type: 'SETTINGS', settings: readSettings(payload, word(0)) };
    case CONTROL_TYPES.PING:
      return { type: 'PING', id: word(0) };
    case CONTROL_TYPES.GOAWAY:
      // SPDY/2's has no status.
      return { type: 'GOAWAY', lastStreamId: low31(word(0)), status: payload.length >= 8 ? word(1) : 0 };
    case CONTROL_TYPES.WINDOW_UPDATE:
      // Stream 0 stands for the whole connection here.
      return { type: 'WINDOW_UPDATE', streamId: low31(word(0)), delta: low31(word(1)) };
    default:
      return undefined;
  }
}

function readSettings(payload: Buffer, count: number): Map<number, number> {
  if (payload.length < 4 + count * SETTING_BYTES) throw new SpdyProtocolError('truncated settings');
  const settings = new Map<number, number>();
  for (let at = 4; at < 4 + count * SETTING_BYTES; at += SETTING_BYTES) {
    // The first byte holds flags about keeping the setting, which nobody does.
    settings.set(payload.readUInt32BE(at) & LENGTH_MASK, payload.readUInt32BE(at + 4));
  }
  return settings;
}
