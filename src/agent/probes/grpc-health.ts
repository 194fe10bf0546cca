import { connect, constants } from 'node:http2';
import type { CallOptions } from '../../runtime/pod-runtime.ts';
import { dialError } from './dial.ts';
import type { GrpcHealth } from './probe-dialer.ts';
import { hostAndPort } from './run-probe.ts';
import { withTimeout } from './with-timeout.ts';

const METHOD = '/grpc.health.v1.Health/Check';
const MAX_ANSWER_BYTES = 4096;
const STATUSES: readonly GrpcHealth[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/**
 * Asks a server for its health over plain HTTP/2.
 * @throws Error when it does not answer, or does not know the service
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function grpcHealth(
  { host, port, service, timeoutMs }: { host: string; port: number; service: string; timeoutMs: number },
  { signal }: CallOptions = {},
): Promise<GrpcHealth> {
  const address = hostAndPort(host, port);
  const late = `timeout: failed to connect service "${address}" within ${timeoutMs / 1000}s: context deadline exceeded`;
  return withTimeout(timeoutMs, late, signal, async (ended) => {
    const session = connect(`http://${address}`);
    const destroy = (): void => session.destroy();
    ended.addEventListener('abort', destroy, { once: true });
    try {
      const failed = Promise.withResolvers<never>();
      session.once('error', (error) =>
        failed.reject(
          new Error(`failed to connect service "${address}": ${dialError(error)}`, { cause: error }),
        ),
      );
      session.once('close', () => failed.reject(new Error(`connection to "${address}" closed`)));
      const stream = session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: METHOD,
        [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        [constants.HTTP2_HEADER_TE]: 'trailers',
        'grpc-timeout': `${Math.ceil(timeoutMs)}m`,
        [constants.HTTP2_HEADER_USER_AGENT]: 'kube-probe/1.36',
      });
      const answered = readAnswer(stream);
      stream.end(requestMessage(service));
      return await Promise.race([answered, failed.promise]);
    } finally {
      ended.removeEventListener('abort', destroy);
      session.destroy();
    }
  });
}

type Stream = ReturnType<ReturnType<typeof connect>['request']>;

async function readAnswer(stream: Stream): Promise<GrpcHealth> {
  let grpcStatus: string | undefined;
  let grpcMessage = '';
  const onHeaders = (headers: Record<string, unknown>): void => {
    if (typeof headers['grpc-status'] === 'string') grpcStatus = headers['grpc-status'];
    if (typeof headers['grpc-message'] === 'string') grpcMessage = headers['grpc-message'];
  };
  // An answer without a body has its status in the first headers.
  stream.on('response', onHeaders);
  stream.on('trailers', onHeaders);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error('the health check answered with too much');
    chunks.push(chunk);
  }
  if (grpcStatus === '0') return servingStatus(Buffer.concat(chunks));
  if (grpcStatus === '12')
    throw new Error('this server does not implement the grpc health protocol (grpc.health.v1.Health)');
  if (grpcStatus === '5') return 'SERVICE_UNKNOWN';
  throw new Error(`rpc error: code ${grpcStatus ?? 'unknown'}: ${decodeURIComponentSafely(grpcMessage)}`);
}

/** `HealthCheckRequest{service: 1}` in a frame: one byte of flags, four of length. */
function requestMessage(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** `HealthCheckResponse{status: 1}`; an absent field is 0. */
function servingStatus(frame: Buffer): GrpcHealth {
  const message = frame.subarray(5);
  const value = message[0] === 0x08 ? (message[1] ?? 0) : 0;
  return STATUSES[value] ?? 'UNKNOWN';
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
