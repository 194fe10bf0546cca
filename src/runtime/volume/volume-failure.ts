import { isPeapodError, PeapodError } from '../../model/errors.ts';

/** An error in the kubelet's words: `MountVolume.SetUp failed for volume "x" : configmap "y" not found`. */
export function volumeFailure(volume: string, error: unknown): Error {
  if (error instanceof Error && error.name === 'AbortError') return error;
  const message = error instanceof Error ? error.message : String(error);
  const full = (error as NodeJS.ErrnoException).code === 'ENOSPC' || isPeapodError(error, 'NoSpace');
  return new PeapodError(
    full ? 'NoSpace' : 'VolumeError',
    `MountVolume.SetUp failed for volume "${volume}" : ${message}`,
    {
      cause: error,
      retryable: true,
    },
  );
}

/** What is wrong with what a volume refers to; `volumeFailure` puts the volume's name before it. */
export function badVolume(message: string): PeapodError {
  return new PeapodError('VolumeError', message, { retryable: true });
}
