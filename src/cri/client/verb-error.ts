import { type ErrorCode, isPeapodError, PeapodError } from '../../model/errors.ts';

/** gRPC's UNKNOWN, UNAVAILABLE and INTERNAL say nothing about what is wrong. */
const VAGUE: ReadonlySet<unknown> = new Set([2, 13]);

/** Runs a call, and gives a failure that says nothing else the code of its verb. */
export async function failingAs<T>(code: ErrorCode, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isPeapodError(error) || error.code !== 'Unavailable') throw error;
    const { cause } = error;
    if (!(cause instanceof Error) || !('code' in cause) || !VAGUE.has(cause.code)) throw error;
    throw new PeapodError(code, error.message, { cause: error, retryable: true });
  }
}

/** What is wrong with a pull, by what the runtime says of it. */
export async function failingAsPull<T>(reference: string, call: () => Promise<T>): Promise<T> {
  try {
    return await failingAs('RegistryUnavailable', call);
  } catch (error) {
    if (!isPeapodError(error)) throw error;
    throw new PeapodError(pullCode(error), `cannot pull image "${reference}": ${error.message}`, {
      cause: error,
      retryable: error.retryable,
    });
  }
}

function pullCode({ code, message }: PeapodError): ErrorCode {
  if (code === 'NotFound' || /not found|manifest unknown/i.test(message)) return 'ImageNotFound';
  if (code === 'Forbidden' || /\b(401|403)\b|unauthorized|authorization failed/i.test(message))
    return 'ImageUnauthorized';
  return code;
}

/** Gone is fine. */
export async function unlessGone(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!isPeapodError(error, 'NotFound')) throw error;
  }
}
