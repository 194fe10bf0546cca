import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const IDLE_MS = 30_000;

/** Lets the kernel notice a peer whose machine is gone. */
export function keepAlive(socket: Duplex): void {
  if (socket instanceof Socket) socket.setKeepAlive(true, IDLE_MS).setNoDelay(true);
}
