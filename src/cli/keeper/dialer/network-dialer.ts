import { connect } from 'node:net';
import type { ProbeDialer } from '../../../agent/probes/probe-dialer.ts';
import { askGrpcHealth } from './grpc-health.ts';
import { getHttp } from './http-get.ts';

/** Speaks to pods from this machine, over whose bridge they are reached. */
export const networkDialer: ProbeDialer = {
  http: (request, options = {}) => getHttp(request, options),
  grpc: (target, options = {}) => askGrpcHealth(target, options),
  async tcp({ host, port, timeoutMs }, { signal } = {}) {
    signal?.throwIfAborted();
    const socket = connect({ host, port });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once('connect', resolve);
    socket.once('error', reject);
    socket.setTimeout(timeoutMs, () => reject(new Error(`dial tcp ${host}:${port}: i/o timeout`)));
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener('abort', abort);
      socket.destroy();
    }
  },
};
