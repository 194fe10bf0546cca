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
  /** Whether somebody waits for the answer. */
  isAwaited?: boolean;
}

export interface HttpAnswer {
  status: number;
  /** At most 10 KiB of it. */
  body: string;
  /** Where a redirect to another host leads, which is not followed. */
  redirectedTo?: string;
}

/** A short talk over TCP. */
export interface ByteExchange {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** What is said; absent: to be connected is enough. */
  readonly request?: Uint8Array;
  /** Whether so much of an answer is enough; it ends when the other side closes anyway. */
  readonly isEnough?: (answer: Buffer) => boolean;
  readonly timeoutMs: number;
  /** Whether somebody waits for the end: then it is looked at more often. */
  readonly isAwaited?: boolean;
}

/**
 * Has such a talk.
 * @returns what was heard
 * @throws ErrnoException of `connect`, `write` or `read`; ETIMEDOUT without a `syscall` when the time is over; what `isEnough` throws; the signal's
 * reason when aborted
 */
export type ExchangeBytes = (exchange: ByteExchange, options?: CallOptions) => Promise<Buffer>;

/** Speaks to a pod over the network, from the node. */
export interface ProbeDialer {
  /** @throws Error whose message says why there is no answer */
  http(request: HttpRequest, options?: CallOptions): Promise<HttpAnswer>;
  /** Opens a TCP connection and closes it. */
  tcp(
    target: { host: string; port: number; timeoutMs: number; isAwaited?: boolean },
    options?: CallOptions,
  ): Promise<void>;
  /** Asks the service of grpc.health.v1. */
  grpc(
    target: { host: string; port: number; service: string; timeoutMs: number },
    options?: CallOptions,
  ): Promise<GrpcHealth>;
}

export type GrpcHealth = 'SERVING' | 'NOT_SERVING' | 'UNKNOWN' | 'SERVICE_UNKNOWN';
