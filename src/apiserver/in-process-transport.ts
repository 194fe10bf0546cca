/** Requests of programs in the server's own process: the same handler, without sockets. */
import { PassThrough, Readable } from 'node:stream';
import { type ApiRequest, type ApiResponse, parseWarnings, type Transport } from '../client/transport.ts';
import type { ApiServer } from './api-server.ts';
import type { Request } from './http/read-body.ts';
import type { Response } from './http/respond.ts';
import { localObjects } from './local-objects.ts';
import type { UserInfo } from './user-info.ts';

/** @param user whom the requests are judged as */
export function inProcessTransport(api: ApiServer, user: UserInfo): Transport {
  const stop = new AbortController();
  return {
    objects: localObjects(api, user, stop.signal),
    send: async ({ method, path, headers, body, signal }: ApiRequest): Promise<ApiResponse> => {
      signal?.throwIfAborted();
      const request = Object.assign(
        Readable.from(body === undefined ? [] : [Buffer.from(body)], { objectMode: false }),
        {
          method,
          url: path,
          headers,
          rawHeaders: [],
        },
      );
      const response = new InProcessResponse();
      const ended = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
      const leave = () => void response.destroy();
      ended.throwIfAborted();
      ended.addEventListener('abort', leave, { once: true });
      response.once('close', () => ended.removeEventListener('abort', leave));
      void api.handleAs(request as unknown as Request, response as unknown as Response, user);
      await response.begun;
      signal?.throwIfAborted();
      return {
        status: response.statusCode,
        warnings: parseWarnings(response.warnings),
        body: bodyOf(response, ended),
      };
    },
    [Symbol.asyncDispose]: async () => stop.abort(),
  };
}

/** A stream that is left early is no error. */
async function* bodyOf(response: InProcessResponse, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** As much of `ServerResponse` as the handlers use. */
class InProcessResponse extends PassThrough {
  statusCode = 200;
  headersSent = false;
  readonly #headers = new Map<string, string | string[]>();
  readonly #begun = Promise.withResolvers<void>();

  constructor() {
    super();
    this.once('close', () => this.#begun.resolve());
  }

  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  get warnings(): string[] {
    const header = this.#headers.get('warning') ?? [];
    return typeof header === 'string' ? [header] : header;
  }

  setHeader(name: string, value: string | string[]): void {
    this.#headers.set(name.toLowerCase(), value);
  }

  getHeader(name: string): string | string[] | undefined {
    return this.#headers.get(name.toLowerCase());
  }

  writeHead(code: number): this {
    this.statusCode = code;
    this.#begin();
    return this;
  }

  override _transform(
    chunk: unknown,
    _encoding: BufferEncoding,
    done: (error: null, chunk: unknown) => void,
  ): void {
    this.#begin();
    done(null, chunk);
  }

  override _flush(done: () => void): void {
    this.#begin();
    done();
  }

  #begin(): void {
    this.headersSent = true;
    this.#begun.resolve();
  }
}
