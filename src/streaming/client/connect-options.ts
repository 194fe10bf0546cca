import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../../model/clock.ts';
import { HEARTBEAT_MS } from '../serve-options.ts';

/** How to reach a server, besides the URL, and how to tell it who asks. */
export interface ConnectOptions {
  clock: Clock;
  headers?: Record<string, string>;
  /** Certificates and the like, for an `https:` URL. */
  tls?: ConnectionOptions;
  /** Makes the connection, instead of the URL's host and port; for `https:` it has to be encrypted already. */
  dial?: () => Duplex;
  /** Ends the connecting, and the session after it. */
  signal?: AbortSignal;
  /** How often the server is asked whether it lives; 30 s unless told. */
  heartbeatMs?: number;
}

export function heartbeatOf(options: ConnectOptions): { clock: Clock; heartbeatMs: number } {
  return { clock: options.clock, heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS };
}
