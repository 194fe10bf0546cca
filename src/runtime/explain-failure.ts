import { isPeapodError, PeapodError, type ErrorCode } from '../model/errors.ts';

/**
 * Does the work; what the kernel refuses becomes an error that says what was being done. Our own errors and aborts pass as they are.
 * @throws PeapodError NoSpace when a disk is full, `code` for all other refusals: both may be tried again
 */
export async function explainFailure<T>(what: string, code: ErrorCode, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error, what, code);
  }
}

function explained(error: unknown, what: string, code: ErrorCode): unknown {
  if (isPeapodError(error) || !(error instanceof Error) || !('syscall' in error)) return error;
  const isFull = 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  const options = { cause: error, retryable: true };
  return new PeapodError(isFull ? 'NoSpace' : code, `${what}: ${error.message}`, options);
}
