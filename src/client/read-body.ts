import { PeapodError } from '../model/errors.ts';
import type { ApiResponse } from './transport.ts';

/**
 * The body of an answer, as it comes.
 * @param signal that of the request
 * @throws PeapodError Unavailable when the connection breaks; the signal's reason when it aborts
 */
export async function* readBody(
  { body }: ApiResponse,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    signal?.throwIfAborted();
    if (!isOfConnection(cause)) throw cause;
    throw new PeapodError('Unavailable', 'the server has gone', { cause, retryable: true });
  }
}

/** Failures of sockets have codes, of Node.js or of undici; bugs have none. */
function isOfConnection(error: unknown): boolean {
  return error instanceof Error && !(error instanceof PeapodError) && 'code' in error;
}
