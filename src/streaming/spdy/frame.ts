/**
 * Frames of SPDY/3.1, as far as Kubernetes uses them. A header block stands in its frame as it is on the wire: compressed.
 * @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
 */
export type Frame =
  | { type: 'SYN_STREAM'; streamId: number; fin: boolean; headers: Buffer }
  | { type: 'SYN_REPLY'; streamId: number; fin: boolean; headers: Buffer }
  | { type: 'HEADERS'; streamId: number; fin: boolean; headers: Buffer }
  | { type: 'RST_STREAM'; streamId: number; status: number }
  | { type: 'SETTINGS'; settings: ReadonlyMap<number, number> }
  | { type: 'PING'; id: number }
  | { type: 'GOAWAY'; lastStreamId: number; status: number }
  | { type: 'WINDOW_UPDATE'; streamId: number; delta: number }
  | { type: 'DATA'; streamId: number; fin: boolean; data: Buffer };

export const FRAME_HEAD_BYTES = 8;
export const VERSION = 3;
export const FLAG_FIN = 1;

export const CONTROL_TYPES = {
  SYN_STREAM: 1,
  SYN_REPLY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  HEADERS: 8,
  WINDOW_UPDATE: 9,
} as const;

/** Why a stream is reset. */
export const RESET = { protocolError: 1, refusedStream: 3, cancel: 5, internalError: 6, flowControlError: 7 };

export const GOAWAY_OK = 0;
export const GOAWAY_PROTOCOL_ERROR = 1;

/** The setting that says how much may be sent on a new stream before it is acknowledged. */
export const INITIAL_WINDOW_SIZE = 7;

/** The peer broke the protocol: the connection has to end. */
export class SpdyProtocolError extends Error {
  override readonly name = 'SpdyProtocolError';
}

const HIGHEST_31_BITS = 0x7fff_ffff;

export function low31(value: number): number {
  return value & HIGHEST_31_BITS;
}
