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

/** Makes a talk ready to be had again and again. */
export type RepeatExchange = (exchange: ByteExchange) => {
  /**
   * Has it once, never while one is under way.
   * @param onEnd told, perhaps at once, what went wrong, or what was heard; that may be kept as a copy only
   */
  begin(onEnd: (error: unknown, heard: Buffer) => void): void;
  /** Gives up the one under way, and tells nobody. */
  giveUp(): void;
};

/** What is asked of a pod, which says by it that all is well or that it is not. */
export type ProbeTalk =
  | { readonly kind: 'http'; readonly request: HttpRequest }
  | { readonly kind: 'tcp'; readonly target: TcpTarget };

export interface TcpTarget {
  /** An IP address or a host name. */
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly isAwaited?: boolean;
}

/** The last of a row of talks. */
export interface Unrest {
  /** Milliseconds since the epoch. */
  readonly beganAt: number;
  /** Answer what that talk came to, once. */
  readonly dialer: Pick<ProbeDialer, 'http' | 'tcp'>;
}

/** Speaks to a pod over the network, from the node. */
export interface ProbeDialer {
  /** @throws Error whose message says why there is no answer */
  http(request: HttpRequest, options?: CallOptions): Promise<HttpAnswer>;
  /** Opens a TCP connection and closes it. */
  tcp(target: TcpTarget, options?: CallOptions): Promise<void>;
  /** Asks the service of grpc.health.v1. */
  grpc(
    target: { host: string; port: number; service: string; timeoutMs: number },
    options?: CallOptions,
  ): Promise<GrpcHealth>;
  /**
   * Has the same talk in every period, at times that many share, for as long as all is well: an answer below 400 that leads nowhere else, a connection
   * that is taken. Resolves when one came to anything else.
   * @param beat.at when first, in milliseconds since the epoch
   * @returns nothing where that talk cannot be repeated so
   */
  rest?(
    talk: ProbeTalk,
    beat: { readonly at: number; readonly periodMs: number },
    options: { signal: AbortSignal },
  ): Promise<Unrest> | undefined;
}

export type GrpcHealth = 'SERVING' | 'NOT_SERVING' | 'UNKNOWN' | 'SERVICE_UNKNOWN';
