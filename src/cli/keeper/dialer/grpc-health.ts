/** Asks a gRPC server how it is. @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
import { connect, type IncomingHttpHeaders } from 'node:http2';
import type { GrpcHealth, ProbeDialer } from '../../../agent/probes/probe-dialer.ts';

const STATUSES: readonly GrpcHealth[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const MAX_ANSWER_BYTES = 1024;

/** @throws Error when there is no answer in time, or an error instead of one */
export async function askGrpcHealth(
  { host, port, service, timeoutMs }: Parameters<ProbeDialer['grpc']>[0],
  { signal }: { signal?: AbortSignal },
): Promise<GrpcHealth> {
  const address = host.includes(':') ? `[${host}]` : host;
  const session = connect(`http://${address}:${port}`);
  const { promise, resolve, reject } = Promise.withResolvers<GrpcHealth>();
  const timer = setTimeout(
    () => reject(new Error(`timeout: failed to connect service "${address}:${port}" within ${timeoutMs}ms`)),
    timeoutMs,
  );
  const abort = () => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  session.once('error', reject);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'kube-probe/1.36',
  });
  stream.once('error', reject);
  let answer = Buffer.alloc(0);
  let head: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (headers) => (head = headers));
  stream.on('trailers', (headers) => (trailers = headers));
  stream.on('data', (chunk: Buffer) => {
    if (answer.length < MAX_ANSWER_BYTES) answer = Buffer.concat([answer, chunk]);
  });
  stream.once('end', () => {
    const code = Number(trailers['grpc-status'] ?? head['grpc-status'] ?? 2);
    const said = String(trailers['grpc-message'] ?? head['grpc-message'] ?? '');
    if (code === 0) resolve(readStatus(answer));
    else if (code === 12)
      reject(new Error('this server does not implement the grpc health protocol (grpc.health.v1.Health)'));
    else reject(new Error(`rpc error: code = ${code} desc = ${decodeURIComponent(said)}`));
  });
  stream.end(frame(service));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    session.destroy();
  }
}

/** A length-prefixed `HealthCheckRequest { string service = 1 }`. */
function frame(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.of(0x0a), varint(name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) return Buffer.from(bytes);
  }
}

/** `HealthCheckResponse { ServingStatus status = 1 }`; a field that is not sent is 0. */
function readStatus(answer: Buffer): GrpcHealth {
  const message = answer.subarray(5);
  const at = message.indexOf(0x08);
  return STATUSES[at === -1 ? 0 : (message[at + 1] ?? 0)] ?? 'UNKNOWN';
}
