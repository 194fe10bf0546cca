/** Takes an answer of HTTP/1.x apart that has come so far. @see RFC 9112 */

export interface HttpMessage {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** Go takes a bare line feed for an end of line too. */
const HEAD_END = /\r?\n\r?\n/;
const LINE_END = /\r?\n/;
const MAX_HEAD_BYTES = 64 * 1024;
const STATUS_LINE = /^HTTP\/1\.\d (\d{3})(?: .*)?$/;
const SWITCHING = 101;
const LONGEST_QUOTE = 64;

/**
 * @param maxBodyBytes so much of the body is enough
 * @param hasEnded whether no more comes
 * @returns nothing while more has to come
 * @throws Error in Go's words for what is no such answer, or ends too early
 */
export function httpAnswer(
  bytes: Buffer,
  { maxBodyBytes, hasEnded }: { maxBodyBytes: number; hasEnded: boolean },
): HttpMessage | undefined {
  for (let begin = 0; ; ) {
    const text = bytes.toString('latin1', begin, begin + MAX_HEAD_BYTES);
    const end = HEAD_END.exec(text);
    if (end === null) {
      checkBegin(text);
      if (hasEnded) throw new Error(bytes.length === 0 ? 'EOF' : 'unexpected EOF');
      if (text.length === MAX_HEAD_BYTES) throw broken('server response headers exceeded the limit');
      return undefined;
    }
    const [statusLine = '', ...lines] = text.slice(0, end.index).split(LINE_END);
    const status = Number(STATUS_LINE.exec(statusLine)?.[1]);
    if (Number.isNaN(status)) throw broken(`malformed HTTP response ${JSON.stringify(statusLine)}`);
    begin += end.index + end[0].length;
    // What is told on the way, before the answer itself.
    if (status < 200 && status !== SWITCHING) continue;
    const headers = headersOf(lines);
    const body = bodyOf(bytes.subarray(begin), { status, headers, maxBodyBytes, hasEnded });
    return body && { status, location: headers.get('location'), body };
  }
}

function broken(why: string): Error {
  return new Error(`net/http: HTTP/1.x transport connection broken: ${why}`);
}

/** So that what is no HTTP at all is known at once, though the other side goes on. */
function checkBegin(text: string): void {
  if ('HTTP/'.startsWith(text.slice(0, 'HTTP/'.length))) return;
  const [line = ''] = text.slice(0, LONGEST_QUOTE).split(LINE_END);
  throw broken(`malformed HTTP response ${JSON.stringify(line)}`);
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw broken(`malformed MIME header line: ${line}`);
    const name = line.slice(0, colon).toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

interface BodyFacts {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly maxBodyBytes: number;
  readonly hasEnded: boolean;
}

function bodyOf(bytes: Buffer, { status, headers, maxBodyBytes, hasEnded }: BodyFacts): Buffer | undefined {
  if (status === 204 || status === 304 || status === SWITCHING) return Buffer.alloc(0);
  const { body, isWhole } = framed(bytes, headers, hasEnded);
  if (body.length >= maxBodyBytes) return body.subarray(0, maxBodyBytes);
  if (isWhole) return body;
  if (hasEnded) throw new Error('unexpected EOF');
  return undefined;
}

interface Framed {
  readonly body: Buffer;
  readonly isWhole: boolean;
}

function framed(bytes: Buffer, headers: ReadonlyMap<string, string>, hasEnded: boolean): Framed {
  if (headers.get('transfer-encoding')?.toLowerCase().endsWith('chunked') === true) return chunksOf(bytes);
  const told = headers.get('content-length');
  // Without its length it goes on to the end.
  if (told === undefined) return { body: bytes, isWhole: hasEnded };
  if (!/^\d+$/.test(told)) throw broken(`bad Content-Length ${JSON.stringify(told)}`);
  return { body: bytes.subarray(0, Number(told)), isWhole: bytes.length >= Number(told) };
}

function chunksOf(bytes: Buffer): Framed {
  const chunks: Buffer[] = [];
  let at = 0;
  let isWhole = false;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) break;
    const size = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(bytes.toString('latin1', at, lineEnd).trim())?.[1];
    if (size === undefined) throw broken('invalid byte in chunk length');
    const length = Number.parseInt(size, 16);
    at = lineEnd + 2;
    if (length === 0) {
      isWhole = true;
      break;
    }
    chunks.push(bytes.subarray(at, at + length));
    at += length + 2;
  }
  return { body: Buffer.concat(chunks), isWhole };
}
