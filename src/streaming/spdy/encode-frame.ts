import { CONTROL_TYPES, FLAG_FIN, FRAME_HEAD_BYTES, type Frame, VERSION } from './frame.ts';

const CONTROL_BIT = 0x8000;
const SETTING_BYTES = 8;

/** The frame as it goes on the wire. */
export function encodeFrame(frame: Frame): Buffer {
  switch (frame.type) {
    case 'SYN_STREAM':
      // Associated stream, priority and slot are nought.
      return control('SYN_STREAM', frame.fin, words(frame.streamId, 0), Buffer.alloc(2), frame.headers);
    case 'SYN_REPLY':
    case 'HEADERS':
      return control(frame.type, frame.fin, words(frame.streamId), frame.headers);
    case 'RST_STREAM':
      return control('RST_STREAM', false, words(frame.streamId, frame.status));
    case 'SETTINGS':
      return control('SETTINGS', false, words(frame.settings.size), ...settings(frame.settings));
    case 'PING':
      return control('PING', false, words(frame.id));
    case 'GOAWAY':
      return control('GOAWAY', false, words(frame.lastStreamId, frame.status));
    case 'WINDOW_UPDATE':
      return control('WINDOW_UPDATE', false, words(frame.streamId, frame.delta));
    case 'DATA':
      return Buffer.concat([encodeDataHead(frame.streamId, frame.fin, frame.data.length), frame.data]);
  }
}

/** What goes before the data of a DATA frame. */
export function encodeDataHead(streamId: number, fin: boolean, length: number): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt32BE(length, 4);
  head.writeUInt8(fin ? FLAG_FIN : 0, 4);
  return head;
}

function control(type: keyof typeof CONTROL_TYPES, fin: boolean, ...parts: Buffer[]): Buffer {
  const payload = Buffer.concat(parts);
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUInt16BE(CONTROL_BIT | VERSION, 0);
  head.writeUInt16BE(CONTROL_TYPES[type], 2);
  head.writeUInt32BE(payload.length, 4);
  head.writeUInt8(fin ? FLAG_FIN : 0, 4);
  return Buffer.concat([head, payload]);
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4);
  return buffer;
}

function settings(values: ReadonlyMap<number, number>): Buffer[] {
  return [...values].map(([id, value]) => {
    const buffer = Buffer.alloc(SETTING_BYTES);
    buffer.writeUInt32BE(id, 0);
    buffer.writeUInt32BE(value, 4);
    return buffer;
  });
}
