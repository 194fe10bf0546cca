import type { ConnectionOptions } from 'node:tls';
import { Agent, request as send } from 'undici';
import { PeapodError } from '../model/errors.ts';
import { type ApiRequest, type ApiResponse, parseWarnings, type Transport } from './transport.ts';

export interface HttpsTransportOptions {
  /** `https://127.0.0.1:6443`, or `http://…` for a server without TLS. */
  readonly server: string;
  /** Talks over this UNIX socket instead of the server's address. */
  readonly socketPath?: string;
  /** Certificates that sign the server's, PEM; the system's when absent. */
  readonly ca?: string;
  /** The client's own certificate and key, PEM. */
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: () => Promise<string> | string;
  readonly serverName?: string;
  readonly insecure?: boolean;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** As `node:tls` wants them. */
export function tlsOptions({
  ca,
  certificate,
  key,
  serverName,
  insecure,
}: Omit<HttpsTransportOptions, 'server'>): Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'
> {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(insecure === true ? { rejectUnauthorized: false } : {}),
  };
}

/** Requests over HTTP/1.1, on connections that are kept. */
export function httpsTransport(options: HttpsTransportOptions): Transport {
  const { socketPath } = options;
  const agent = new Agent({
    // A watch may say nothing for a long time.
    bodyTimeout: 0,
    headersTimeout: 60_000,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      ...(socketPath === undefined ? {} : { socketPath }),
      ...tlsOptions(options),
    },
  });
  return {
    send: async ({ method, path, headers, body, signal }: ApiRequest): Promise<ApiResponse> => {
      const token = await options.token?.();
      try {
        const response = await send(new URL(path, options.server), {
          dispatcher: agent,
          method,
          headers: { ...headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
          ...(body === undefined ? {} : { body }),
          ...(signal === undefined ? {} : { signal }),
        });
        return {
          status: response.statusCode,
          warnings: parseWarnings(response.headers['warning']),
          body: response.body,
        };
      } catch (cause) {
        signal?.throwIfAborted();
        throw new PeapodError('Unavailable', `cannot reach ${options.server}: ${(cause as Error).message}`, {
          cause,
          retryable: true,
        });
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}
