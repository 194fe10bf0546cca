import { isPeapodError, PeapodError, type ErrorCode } from '../../model/errors.ts';
import { InvalidObjectError } from '../../model/field-error.ts';
import { invalid, StatusError, type StatusReason } from './status-error.ts';

const REASONS: Partial<Record<ErrorCode, StatusReason>> = {
  Invalid: 'BadRequest',
  NotFound: 'NotFound',
  AlreadyExists: 'AlreadyExists',
  Conflict: 'Conflict',
  Forbidden: 'Forbidden',
  FailedPrecondition: 'Conflict',
  Unsupported: 'BadRequest',
  TimedOut: 'Timeout',
  Expired: 'Expired',
  ReadOnly: 'ServiceUnavailable',
  NoSpace: 'ServiceUnavailable',
  Corrupt: 'ServiceUnavailable',
  Unavailable: 'ServiceUnavailable',
};

/** Any failure as the API tells it. A bug becomes an `InternalError` whose text does not leave the server. */
export function toStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof InvalidObjectError)
    return invalid({ group: '', kind: error.kind }, error.objectName, error.errors);
  if (error instanceof PeapodError) {
    const reason = REASONS[error.code] ?? 'InternalError';
    const hint = error.hint === undefined ? '' : `; try: ${error.hint}`;
    const details = isPeapodError(error, 'Unavailable') ? { retryAfterSeconds: 1 } : undefined;
    return new StatusError(reason, `${error.message}${hint}`, details, error);
  }
  // Of a path or query that is no valid URL.
  if (error instanceof URIError) return new StatusError('BadRequest', `invalid URL: ${error.message}`);
  return new StatusError('InternalError', 'Internal error occurred', undefined, error);
}
