import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';

/** As much of `IncomingMessage` as the handlers use, but for the body: most have come whole before anybody asks for them. */
export class Http2Request {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly #onTaken: (bytes: number) => void;
  #chunks: Buffer[] = [];
  #isEnded = false;
  #failure: Error | undefined;
  #body: Readable | undefined;
  #isWanted = false;

  /** @param onTaken told of what the client may send more of */
  constructor(
    method: string,
    url: string,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    onTaken: (bytes: number) => void,
  ) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.#onTaken = onTaken;
  }

  /** Whether the client has sent all of it. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** The body, when all of it is here and nobody has had it; otherwise it is to be read. */
  takeWhole(): Buffer | undefined {
    if (!this.#isEnded || this.#body !== undefined) return undefined;
    const chunks = this.#chunks;
    this.#chunks = [];
    const [only] = chunks;
    const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    this.#onTaken(whole.length);
    return whole;
  }

  /** The body as it comes. It fails when the client breaks off. */
  get body(): Readable {
    if (this.#body !== undefined) return this.#body;
    this.#body = new Readable({
      read: () => {
        this.#isWanted = true;
        this.#pass();
      },
    });
    if (this.#failure !== undefined) this.#body.destroy(this.#failure);
    return this.#body;
  }

  /** Takes a part of the body from the wire. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#pass();
  }

  /** All of the body has come. */
  end(): void {
    this.#isEnded = true;
    this.#pass();
  }

  /** The client has gone. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#chunks = [];
    this.#body?.destroy(error);
  }

  #pass(): void {
    while (this.#isWanted) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) break;
      this.#isWanted = this.#body?.push(chunk) ?? false;
      this.#onTaken(chunk.length);
    }
    if (!this.#isEnded || this.#chunks.length > 0 || !this.#isWanted) return;
    this.#isWanted = false;
    this.#body?.push(null);
  }
}
