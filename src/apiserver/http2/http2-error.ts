/** What went wrong on a connection, or in a stream of it. @see RFC 9113, section 7 */
export const ERROR_CODES = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  COMPRESSION_ERROR: 9,
  ENHANCE_YOUR_CALM: 11,
} as const;

export type ErrorName = keyof typeof ERROR_CODES;

/** With it the connection is over. */
export class Http2Error extends Error {
  override readonly name = 'Http2Error';
  readonly reason: ErrorName;

  constructor(reason: ErrorName, message: string) {
    super(message);
    this.reason = reason;
  }
}
