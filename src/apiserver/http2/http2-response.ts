import { type HeaderValue, headBlock } from './head-block.ts';
import type { Http2Stream } from './http2-stream.ts';

const NO_BODY: ReadonlySet<number> = new Set([204, 304]);

/** As much of `ServerResponse` as the handlers use. */
export class Http2Response {
  statusCode = 200;
  headersSent = false;
  readonly #stream: Http2Stream;
  readonly #isHead: boolean;
  #headers: [name: string, value: HeaderValue][] = [];

  constructor(stream: Http2Stream, method: string) {
    this.#stream = stream;
    this.#isHead = method === 'HEAD';
  }

  /** Whether nothing more reaches the client. */
  get destroyed(): boolean {
    return this.#stream.isClosed;
  }

  setHeader(header: string, value: HeaderValue): void {
    const name = header.toLowerCase();
    const known = this.#headers.find(([one]) => one === name);
    if (known === undefined) this.#headers.push([name, value]);
    else known[1] = value;
  }

  getHeader(header: string): HeaderValue | undefined {
    const name = header.toLowerCase();
    return this.#headers.find(([one]) => one === name)?.[1];
  }

  /** Sends the head; the body follows bit by bit. */
  writeHead(code: number): this {
    this.statusCode = code;
    this.#begin();
    return this;
  }

  /** @returns whether more may be written before it drains */
  write(bytes: Uint8Array): boolean {
    this.#begin();
    return this.#hasBody() ? this.#stream.send([bytes], false) : true;
  }

  /** @param body all of it, or the rest; it may be in parts */
  end(body?: Uint8Array | string | readonly Uint8Array[]): void {
    const parts = this.#hasBody() ? partsOf(body) : [];
    if (!this.headersSent) {
      this.headersSent = true;
      this.#stream.sendHead(this.#head(), parts);
    } else if (this.#hasBody()) this.#stream.send(parts, true);
  }

  /** Breaks the answer off. */
  destroy(): void {
    this.#stream.breakOff();
  }

  /** Called when the client has gone before it had the whole answer. */
  on(_event: 'close', listener: () => void): this {
    this.#stream.onGone(listener);
    return this;
  }

  /** Resolves when more may be written, or nothing more can be. */
  drained(): Promise<void> {
    return this.#stream.drained();
  }

  #begin(): void {
    if (this.headersSent) return;
    this.headersSent = true;
    this.#stream.sendHead(this.#head(), this.#hasBody() ? undefined : []);
  }

  /** Of an answer to HEAD nothing follows, whatever the handler writes. */
  #hasBody(): boolean {
    return !this.#isHead && !NO_BODY.has(this.statusCode);
  }

  #head(): string {
    if (this.getHeader('date') === undefined) this.#headers.push(['date', dateNow()]);
    return headBlock(this.statusCode, this.#headers);
  }
}

function partsOf(body: Uint8Array | string | readonly Uint8Array[] | undefined): readonly Uint8Array[] {
  if (body === undefined) return [];
  if (typeof body === 'string') return [Buffer.from(body)];
  return body instanceof Uint8Array ? [body] : body;
}

let lastSecond = 0;
let lastDate = '';

function dateNow(): string {
  const nowMs = Date.now();
  const second = Math.floor(nowMs / 1000);
  if (second !== lastSecond) lastDate = new Date(nowMs).toUTCString();
  lastSecond = second;
  return lastDate;
}
