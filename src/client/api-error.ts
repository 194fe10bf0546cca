import type { Status } from '../model/api/types.ts';
import { type ErrorCode, PeapodError } from '../model/errors.ts';

const CODES: Partial<Record<string, ErrorCode>> = {
  NotFound: 'NotFound',
  AlreadyExists: 'AlreadyExists',
  Conflict: 'Conflict',
  Invalid: 'Invalid',
  BadRequest: 'Invalid',
  Forbidden: 'Forbidden',
  Unauthorized: 'Forbidden',
  Expired: 'Expired',
  Gone: 'Expired',
  MethodNotAllowed: 'Unsupported',
  UnsupportedMediaType: 'Unsupported',
  Timeout: 'TimedOut',
};

const RETRYABLE: ReadonlySet<string> = new Set([
  'TooManyRequests',
  'ServiceUnavailable',
  'Timeout',
  'ServerTimeout',
  'InternalError',
]);

/** What the server answered instead of an object. */
export class ApiError extends PeapodError {
  readonly status: Status;
  /** How long to wait before trying again, when the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: Status) {
    const { reason = '', message = '', code = 0, details } = status;
    super(CODES[reason] ?? 'Unavailable', message || `the server answered ${code}`, {
      retryable: RETRYABLE.has(reason) || code >= 500,
    });
    this.status = status;
    this.retryAfterSeconds = details?.retryAfterSeconds;
  }
}

/** The failure that an answer of this code and body is. */
export function apiError(code: number, body: string): ApiError {
  try {
    const status = JSON.parse(body) as Status;
    if (status.kind === 'Status') return new ApiError(status);
  } catch {
    // Some proxies answer plain text.
  }
  return new ApiError({
    kind: 'Status',
    status: 'Failure',
    code,
    message: body.slice(0, 500),
    reason: reasonOf(code),
  });
}

function reasonOf(code: number): string {
  const reasons: Partial<Record<number, string>> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    409: 'Conflict',
    410: 'Gone',
    429: 'TooManyRequests',
    503: 'ServiceUnavailable',
  };
  return reasons[code] ?? '';
}
