import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Status } from '../model/api/types.ts';

/** Answers a request for an upgrade with a plain HTTP response instead, and closes the connection. */
export function refuseUpgrade(socket: Duplex, status: Status, headers: Record<string, string> = {}): void {
  const code = status.code ?? 400;
  const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, ...status });
  const lines = Object.entries({
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Unknown'}\r\n${lines.join('')}\r\n${body}`);
}

/** The answer to a request whose protocols we do not speak. */
export function unsupportedProtocols(offered: readonly string[], supported: readonly string[]): Status {
  return {
    status: 'Failure',
    reason: 'Forbidden',
    code: 403,
    message: `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`,
  };
}
