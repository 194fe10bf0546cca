import { connect } from 'node:net';
import type { CallOptions } from '../../runtime/pod-runtime.ts';
import { withTimeout } from './with-timeout.ts';
import type { ProbeDialer } from './probe-dialer.ts';
import { hostAndPort } from './run-probe.ts';

/** Speaks to pods over this machine's network. HTTP costs a tenth of a second to load: it is when a pod has such a probe. */
export const networkDialer: ProbeDialer = {
  http: async (request, call) => (await import('./http-request.ts')).httpRequest(request, call),
  tcp: dialTcp,
  grpc: async (request, call) => (await import('./grpc-health.ts')).grpcHealth(request, call),
};

async function dialTcp(
  { host, port, timeoutMs }: { host: string; port: number; timeoutMs: number },
  { signal }: CallOptions = {},
): Promise<void> {
  const where = `dial tcp ${hostAndPort(host, port)}`;
  await withTimeout(timeoutMs, `${where}: i/o timeout`, signal, async (ended) => {
    const socket = connect({ host, port });
    ended.addEventListener('abort', () => socket.destroy(), { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('close', () => reject(new Error(`${where}: connection closed`)));
        socket.once('error', (error) => reject(new Error(`${where}: ${dialError(error)}`, { cause: error })));
      });
    } finally {
      socket.destroy();
    }
  });
}

/** As Go words it, which users know from events. */
export function dialError(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'connect: connection refused';
    case 'EHOSTUNREACH':
      return 'connect: no route to host';
    case 'ENETUNREACH':
      return 'connect: network is unreachable';
    case 'ECONNRESET':
      return 'read: connection reset by peer';
    case 'ETIMEDOUT':
      return 'connect: connection timed out';
    default:
      return error.message;
  }
}
