import type { ExchangeBytes, ProbeDialer } from './probe-dialer.ts';
import { dial } from './dial.ts';
import { httpRequest } from './http-request.ts';
import { hostAndPort } from './run-probe.ts';

/** Speaks to pods over this machine's network. HTTP/2 costs time to load: it is when a pod has a probe that needs it. */
export function networkDialer(exchange: ExchangeBytes): ProbeDialer {
  return {
    http: (request, call) => httpRequest(request, exchange, call),
    tcp: async (target, call) => {
      const late = `dial tcp ${hostAndPort(target.host, target.port)}: i/o timeout`;
      await dial(target, { exchange, late }, call);
    },
    grpc: async (request, call) => (await import('./grpc-health.ts')).grpcHealth(request, call),
  };
}
