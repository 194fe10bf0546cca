/**
 * One request over HTTP/2 and its answer, on Node.js's streams themselves: the objects that look like HTTP/1's cost a small request
 * more than all that is done for it here.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';

/** As much of `IncomingMessage` as the handlers use: the stream itself is what is read. */
export type Http2Request = ServerHttp2Stream & {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
};

export function http2Request(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): Http2Request {
  // A stream whose client goes away fails; whoever reads hears of it by himself.
  stream.on('error', () => {});
  if (headers.expect === '100-continue') stream.additionalHeaders({ ':status': 100 });
  const method = headers[':method'] ?? 'GET';
  const url = headers[':path'] ?? '/';
  return Object.assign(stream, { method, url, headers, rawHeaders, _destroy: destroyWithoutTraces });
}

/**
 * With each answer Node.js makes an error for writes that could still wait, and throws it away: where it was made is
 * most of what that costs.
 */
function destroyWithoutTraces(
  this: ServerHttp2Stream,
  error: Error | null,
  done: (error?: Error | null) => void,
): void {
  const prototype = Object.getPrototypeOf(this) as ServerHttp2Stream;
  const { stackTraceLimit } = Error;
  if (error === null) Error.stackTraceLimit = 0;
  try {
    prototype._destroy.call(this, error, done);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** As much of `ServerResponse` as the handlers use. */
export class Http2Response {
  readonly stream: ServerHttp2Stream;
  statusCode = 200;
  readonly #headers: OutgoingHttpHeaders = {};
  readonly #isHead: boolean;

  constructor(request: Http2Request) {
    this.stream = request;
    this.#isHead = request.method === 'HEAD';
  }

  get headersSent(): boolean {
    return this.stream.headersSent;
  }

  get destroyed(): boolean {
    return this.stream.destroyed;
  }

  setHeader(name: string, value: string | number | readonly string[]): void {
    this.#headers[name.toLowerCase()] = Array.isArray(value) ? [...value] : (value as string | number);
  }

  getHeader(name: string): OutgoingHttpHeaders[string] {
    return this.#headers[name.toLowerCase()];
  }

  writeHead(code: number): this {
    this.statusCode = code;
    this.#begin(false);
    return this;
  }

  /** @returns whether more may be written before the stream drains */
  write(bytes: Uint8Array): boolean {
    this.#begin(false);
    return this.stream.writable ? this.stream.write(bytes) : true;
  }

  end(bytes?: Uint8Array | string): void {
    this.#begin(bytes === undefined);
    if (!this.stream.writable) return;
    if (bytes === undefined) this.stream.end();
    else this.stream.end(bytes);
  }

  destroy(): void {
    this.stream.destroy();
  }

  on(event: 'close', listener: () => void): this {
    this.stream.on(event, listener);
    return this;
  }

  #begin(isAll: boolean): void {
    if (this.stream.destroyed || this.stream.headersSent) return;
    this.#headers[':status'] = this.statusCode;
    // Of an answer to HEAD nothing follows, whatever the handler writes.
    this.stream.respond(this.#headers, { endStream: isAll || this.#isHead });
  }
}
