// As a whole: what was built loads it when it is first used.
import http, { type IncomingMessage } from 'node:http';
import { PeapodError } from '../model/errors.ts';
import { type ApiRequest, type ApiResponse, parseWarnings, type Transport } from './transport.ts';

/** Requests over the socket that a server of this machine has for root: no address, no credentials, and little code to load. */
export function unixTransport(socketPath: string): Transport {
  // Without a name Node.js looks whether the host is an address, by an expression that takes longer to compile than a request.
  const options = { keepAlive: true, servername: '' };
  const agent = new http.Agent(options);
  return {
    send: ({ method, path, headers, body, signal }: ApiRequest) =>
      new Promise<ApiResponse>((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
        const outgoing = http.request(
          {
            agent,
            socketPath,
            method,
            path,
            headers: { ...headers, ...length },
            ...(signal && { signal }),
          },
          (response: IncomingMessage) => {
            resolve({
              status: response.statusCode ?? 0,
              warnings: parseWarnings(response.headers.warning),
              body: response,
            });
          },
        );
        outgoing.on('error', (cause) => {
          if (signal?.aborted === true) reject(abortReason(signal));
          else
            reject(
              new PeapodError('Unavailable', `cannot reach ${socketPath}: ${cause.message}`, {
                cause,
                retryable: true,
              }),
            );
        });
        outgoing.end(body);
      }),
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new DOMException('aborted', 'AbortError');
}
