import type { CallOptions } from '../../runtime/pod-runtime.ts';

export interface HttpRequest {
  scheme: 'http' | 'https';
  /** An IP address or a host name. */
  host: string;
  port: number;
  /** With its query. */
  path: string;
  headers: readonly { name: string; value: string }[];
  timeoutMs: number;
}

export interface HttpAnswer {
  status: number;
  /** At most 10 KiB of it. */
  body: string;
  /** Where a redirect to another host leads, which is not followed. */
  redirectedTo?: string;
}

/** Speaks to a pod over the network, from the node. */
export interface ProbeDialer {
  /** @throws Error whose message says why there is no answer */
  http(request: HttpRequest, options?: CallOptions): Promise<HttpAnswer>;
  /** Opens a TCP connection and closes it. */
  tcp(target: { host: string; port: number; timeoutMs: number }, options?: CallOptions): Promise<void>;
  /** Asks the service of grpc.health.v1. */
  grpc(
    target: { host: string; port: number; service: string; timeoutMs: number },
    options?: CallOptions,
  ): Promise<GrpcHealth>;
}

export type GrpcHealth = 'SERVING' | 'NOT_SERVING' | 'UNKNOWN' | 'SERVICE_UNKNOWN';
