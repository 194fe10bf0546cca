import { type ErrorCode, PeapodError } from '../../../model/errors.ts';
import { errorCode } from '../unpack/layer-directory.ts';

/** Connections that broke, or answers that did not come: the next try may do better. */
const TRANSIENT = [
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
];

/** What a registry's answer means to whoever asked. @param text the answer's body, which may explain it */
export function answerError(status: number, text: string): PeapodError {
  const said = explanation(text);
  const message = `registry answered ${status}${said === '' ? '' : `: ${said}`}`;
  return new PeapodError(codeOf(status), message, { retryable: isTemporary(status) });
}

/** Whether the same request may get another answer soon. */
export function isTemporary(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

/** A connection that could not be made or broke. */
export function connectionError(host: string, cause: unknown): PeapodError {
  const inner = innermost(cause);
  const why = inner instanceof Error ? inner.message || (errorCode(inner) ?? inner.name) : String(inner);
  return new PeapodError('RegistryUnavailable', `cannot reach registry ${host}: ${why}`, {
    cause,
    retryable: true,
    ...(isPlainHttp(inner)
      ? { hint: `set insecure = true for ${host} in registries.conf to use plain http` }
      : {}),
  });
}

/** Whether trying again soon makes sense: not where nobody listens, and not for a certificate that proves nothing. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return TRANSIENT.includes(errorCode(error) ?? '') || isTransient(error.cause);
}

/** An https request that met a server which speaks no TLS. */
export function isPlainHttp(error: unknown): boolean {
  const inner = innermost(error);
  const code = errorCode(inner) ?? '';
  return (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'EPROTO'
  );
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return 'ImageUnauthorized';
  return status === 404 || status === 410 ? 'ImageNotFound' : 'RegistryUnavailable';
}

/** Happy-eyeballs gives an AggregateError, undici wraps once more. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  return error;
}

/** The first error's own words, without what could play tricks on a terminal. */
function explanation(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] };
    const said = [errors?.[0]?.message, errors?.[0]?.code].find((text) => typeof text === 'string') ?? '';
    return said.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
  } catch {
    return '';
  }
}
