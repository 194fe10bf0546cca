/** The one place where peapod's errors become gRPC status codes, and the other way round. */
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';
import { type ErrorCode, PeapodError } from '../../model/errors.ts';

const STATUS: Record<ErrorCode, status> = {
  Invalid: status.INVALID_ARGUMENT,
  NotFound: status.NOT_FOUND,
  AlreadyExists: status.ALREADY_EXISTS,
  Conflict: status.ABORTED,
  Forbidden: status.PERMISSION_DENIED,
  FailedPrecondition: status.FAILED_PRECONDITION,
  Unsupported: status.UNIMPLEMENTED,
  MissingPrerequisite: status.FAILED_PRECONDITION,
  NoSpace: status.RESOURCE_EXHAUSTED,
  TimedOut: status.DEADLINE_EXCEEDED,
  Unavailable: status.UNAVAILABLE,
  ImageNotFound: status.NOT_FOUND,
  ImageUnauthorized: status.PERMISSION_DENIED,
  ImageCorrupt: status.DATA_LOSS,
  ImageNeverPull: status.FAILED_PRECONDITION,
  InvalidImageName: status.INVALID_ARGUMENT,
  // The kubelet tells this one by how its message begins, and looks only at messages of unknown errors.
  RegistryUnavailable: status.UNKNOWN,
  CreateContainerConfigError: status.INVALID_ARGUMENT,
  CreateContainerError: status.UNKNOWN,
  RunContainerError: status.UNKNOWN,
  CreatePodSandboxError: status.UNKNOWN,
  NetworkError: status.UNKNOWN,
  VolumeError: status.UNKNOWN,
  HostPortTaken: status.FAILED_PRECONDITION,
  Expired: status.OUT_OF_RANGE,
  ReadOnly: status.FAILED_PRECONDITION,
  Corrupt: status.DATA_LOSS,
};

const CODES: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'Invalid',
  [status.DEADLINE_EXCEEDED]: 'TimedOut',
  [status.NOT_FOUND]: 'NotFound',
  [status.ALREADY_EXISTS]: 'AlreadyExists',
  [status.PERMISSION_DENIED]: 'Forbidden',
  [status.UNAUTHENTICATED]: 'Forbidden',
  [status.RESOURCE_EXHAUSTED]: 'NoSpace',
  [status.FAILED_PRECONDITION]: 'FailedPrecondition',
  [status.ABORTED]: 'Conflict',
  [status.OUT_OF_RANGE]: 'Invalid',
  [status.UNIMPLEMENTED]: 'Unsupported',
  [status.UNAVAILABLE]: 'Unavailable',
  [status.DATA_LOSS]: 'Corrupt',
};

/** Tells a peer that is peapod too which of our codes it was: gRPC has fewer. */
const CODE_KEY = 'peapod-error';
const REGISTRY_PREFIX = 'RegistryUnavailable: ';

/** What a client is told; a bug is `INTERNAL`, and an abort `CANCELLED`. */
export function toGrpcStatus(error: unknown): Partial<StatusObject> {
  if (error instanceof PeapodError) {
    const metadata = new Metadata();
    metadata.set(CODE_KEY, error.code);
    const prefix = error.code === 'RegistryUnavailable' ? REGISTRY_PREFIX : '';
    return { code: STATUS[error.code], details: `${prefix}${error.message}`, metadata };
  }
  if (error instanceof Error && error.name === 'AbortError')
    return { code: status.CANCELLED, details: 'the call was cancelled' };
  const what = error instanceof Error ? error.message : String(error);
  return { code: status.INTERNAL, details: `bug: ${what}` };
}

/** What a server's answer means here: an abort stays one, all else is a PeapodError. */
export function fromGrpcStatus(error: ServiceError, signal?: AbortSignal): Error {
  if (error.code === status.CANCELLED && signal?.aborted === true)
    return new DOMException(error.details, 'AbortError');
  const told = error.metadata?.get(CODE_KEY)[0];
  const known = typeof told === 'string' && told in STATUS ? (told as ErrorCode) : undefined;
  const isRegistry = error.details.startsWith(REGISTRY_PREFIX);
  const code = known ?? (isRegistry ? 'RegistryUnavailable' : (CODES[error.code] ?? 'Unavailable'));
  const message = isRegistry ? error.details.slice(REGISTRY_PREFIX.length) : error.details;
  return new PeapodError(code, message, {
    cause: error,
    retryable: error.code === status.UNAVAILABLE || error.code === status.UNKNOWN,
  });
}
