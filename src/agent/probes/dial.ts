import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { CallOptions } from '../../runtime/pod-runtime.ts';
import type { ByteExchange, ExchangeBytes } from './probe-dialer.ts';
import { hostAndPort } from './run-probe.ts';
import { withTimeout } from './with-timeout.ts';

/**
 * Talks to a host by its address or name; of several addresses the first that takes the connection counts.
 * @param by.late what is said when the time is over
 * @throws Error in Go's words
 */
export async function dial(
  target: ByteExchange,
  by: { exchange: ExchangeBytes; late: string },
  call: CallOptions = {},
): Promise<Buffer> {
  if (isIP(target.host) !== 0) return talk(target, by, call);
  const deadline = performance.now() + target.timeoutMs;
  const where = `dial tcp: lookup ${target.host}`;
  const addresses = await withTimeout(target.timeoutMs, `${where}: i/o timeout`, call.signal, () =>
    lookup(target.host, { all: true }).catch((cause: unknown) => {
      throw new Error(`${where}: no such host`, { cause });
    }),
  );
  for (const { address: host } of addresses.slice(0, -1)) {
    try {
      return await talk({ ...target, host, timeoutMs: deadline - performance.now() }, by, call);
    } catch (error) {
      if (!(error instanceof Error && isConnect(error.cause))) throw error;
    }
  }
  const host = addresses.at(-1)?.address ?? '';
  return talk({ ...target, host, timeoutMs: Math.max(1, deadline - performance.now()) }, by, call);
}

async function talk(
  target: ByteExchange,
  { exchange, late }: { exchange: ExchangeBytes; late: string },
  call: CallOptions,
): Promise<Buffer> {
  try {
    return await exchange(target, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    throw inGoWords(error, target, late);
  }
}

/** @param late what is said when the time is over */
export function inGoWords(
  error: unknown,
  { host, port }: Pick<ByteExchange, 'host' | 'port'>,
  late: string,
): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'ETIMEDOUT' && !('syscall' in error)) return new Error(late, { cause: error });
  const dialed = isConnect(error) ? `dial tcp ${hostAndPort(host, port)}: ` : '';
  return new Error(`${dialed}${dialError(error)}`, { cause: error });
}

function isConnect(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'connect';
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
