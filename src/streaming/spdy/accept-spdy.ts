import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { keepAlive } from '../keep-alive.ts';
import { refuseUpgrade, unsupportedProtocols } from '../refuse-upgrade.ts';
import { listedIn } from '../request-protocols.ts';

export const SPDY = 'SPDY/3.1';
export const STREAM_PROTOCOL_HEADER = 'X-Stream-Protocol-Version';

/**
 * Answers a request to upgrade to SPDY/3.1.
 * @param supported what may be spoken over it, the best first. A client that offers nothing, as the first ones did, gets the last
 * @returns the protocol that was agreed on; nothing when the client was refused
 */
export function acceptSpdy(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  supported: readonly string[],
): string | undefined {
  const offered = listedIn(request, STREAM_PROTOCOL_HEADER.toLowerCase());
  const oldest = supported.at(-1);
  const chosen = offered.length === 0 ? oldest : offered.find((name) => supported.includes(name));
  if (chosen === undefined) {
    refuseUpgrade(socket, unsupportedProtocols(offered, supported), {
      'X-Accepted-Stream-Protocol-Versions': supported.join(', '),
    });
    return undefined;
  }
  const agreed = offered.length === 0 ? '' : `${STREAM_PROTOCOL_HEADER}: ${chosen}\r\n`;
  keepAlive(socket);
  socket.on('error', () => {});
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${SPDY}\r\n${agreed}\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return chosen;
}
