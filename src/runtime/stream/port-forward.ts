import type { Duplex } from 'node:stream';
import { PeapodError } from '../../model/errors.ts';
import type { ContainerContext } from '../container/container-context.ts';
import { connectInNetwork } from '../linux/connect-in-network.ts';
import type { CallOptions } from '../pod-runtime.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const HIGHEST_PORT = 65_535;

/**
 * Connects to a port on the pod's own loopback. Each call is a connection of its own: one that breaks harms no other.
 * @throws PeapodError Invalid, NotFound, FailedPrecondition when the sandbox does not run; Unavailable when nobody listens there
 */
export async function portForward(
  context: ContainerContext,
  sandboxId: string,
  port: number,
  options: CallOptions = {},
): Promise<Duplex> {
  options.signal?.throwIfAborted();
  if (!Number.isInteger(port) || port < 1 || port > HIGHEST_PORT) {
    throw new PeapodError('Invalid', `port ${port} is not between 1 and ${HIGHEST_PORT}`);
  }
  const sandbox = await context.sandboxes.get(sandboxId);
  if (!sandbox.ready) throw new PeapodError('FailedPrecondition', `sandbox "${sandboxId}" is not running`);
  try {
    const socket = await connectInNetwork(`/proc/${sandbox.infraPid}/ns/net`, port, CONNECT_TIMEOUT_MS);
    const onAbort = () => void socket.destroy();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => options.signal?.removeEventListener('abort', onAbort));
    return socket;
  } catch (error) {
    throw new PeapodError(
      'Unavailable',
      `cannot connect to port ${port} of pod "${sandbox.config.metadata.name}": ${reason(error)}`,
      {
        cause: error,
        retryable: true,
      },
    );
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNREFUSED' ? 'connection refused' : String(code ?? error);
}
