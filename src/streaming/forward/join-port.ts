import { finished, type Duplex } from 'node:stream';

/** Connects to a port, of whatever the connection is served for. */
export type DialPort = (port: number, options: { signal: AbortSignal }) => Promise<Duplex>;

/**
 * Joins two duplex streams, each direction ending for itself, until both have ended. When one breaks the other is destroyed.
 */
export async function joinStreams(one: Duplex, other: Duplex): Promise<void> {
  one.pipe(other);
  other.pipe(one);
  await Promise.all([endOf(one, other), endOf(other, one)]);
}

function endOf(from: Duplex, to: Duplex): Promise<void> {
  return new Promise((resolve) => {
    finished(from, (error) => {
      if (error) to.destroy();
      resolve();
    });
  });
}

const HIGHEST_PORT = 65_535;

/** @returns nothing when the text is no port */
export function readPort(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port >= 1 && port <= HIGHEST_PORT ? port : undefined;
}

/** As the kubelet words it for the client. */
export function forwardFailure(port: number, error: unknown): string {
  return `error forwarding port ${port}: ${error instanceof Error ? error.message : String(error)}`;
}
