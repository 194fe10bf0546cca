/** What went wrong, in the words of `docs/errors.md`, which lists every code. */
export type ErrorCode =
  | 'Invalid'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Forbidden'
  | 'FailedPrecondition'
  | 'Unsupported'
  | 'MissingPrerequisite'
  | 'NoSpace'
  | 'TimedOut'
  | 'Unavailable'
  | 'ImageNotFound'
  | 'ImageUnauthorized'
  | 'ImageCorrupt'
  | 'ImageNeverPull'
  | 'InvalidImageName'
  | 'RegistryUnavailable'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'CreatePodSandboxError'
  | 'NetworkError'
  | 'VolumeError'
  | 'HostPortTaken'
  | 'Expired'
  | 'ReadOnly'
  | 'Corrupt';

export interface ErrorOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anybody changing its arguments. */
  readonly retryable?: boolean;
  /** What the user can do about it: one sentence or a command. */
  readonly hint?: string;
}

/** An expected failure: something that a user or the host can cause. A bug is any other error; an abort is an `AbortError`. */
export class PeapodError extends Error {
  override readonly name = 'PeapodError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.hint = options.hint;
  }
}

export function isPeapodError(error: unknown, code?: ErrorCode): error is PeapodError {
  return error instanceof PeapodError && (code === undefined || error.code === code);
}
