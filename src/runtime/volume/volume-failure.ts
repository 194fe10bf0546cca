import { isPeapodError, PeapodError } from '../../model/errors.ts';

/**
 * An error in the kubelet's words: `MountVolume.SetUp failed for volume "x" : configmap "y" not found`.
 * @returns a bug or an abort as it is
 */
export function volumeFailure(volume: string, error: unknown): unknown {
  const full = isNoSpace(error) || isPeapodError(error, 'NoSpace');
  if (!full && !isPeapodError(error) && !isSystemError(error)) return error;
  return new PeapodError(
    full ? 'NoSpace' : 'VolumeError',
    `MountVolume.SetUp failed for volume "${volume}" : ${error instanceof Error ? error.message : ''}`,
    { cause: error, retryable: true },
  );
}

/** What is wrong with what a volume refers to; `volumeFailure` puts the volume's name before it. */
export function badVolume(message: string, cause?: unknown): PeapodError {
  return new PeapodError('VolumeError', message, { retryable: true, cause });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function isNoSpace(error: unknown): boolean {
  return isSystemError(error) && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
