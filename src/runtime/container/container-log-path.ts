import { lstatSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PeapodError } from '../../model/errors.ts';

/**
 * Where a container's log lies: below the sandbox's log directory and nowhere else. Empty when one of both is: no log is kept then.
 * @throws PeapodError CreateContainerConfigError when the path leads out, is a symlink already, or cannot be written by conmon
 */
export function containerLogPath(directory: string, logPath: string): string {
  if (directory === '' || logPath === '') return '';
  const path = join(directory, logPath);
  const below = relative(directory, path);
  if (below === '' || below === '..' || below.startsWith('../')) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `log path "${logPath}" is not below the pod's log directory`,
    );
  }
  // conmon takes what is before a colon for the name of a log driver.
  if (/[:\0\n]/.test(path)) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `log path ${JSON.stringify(path)} has a character that conmon does not take`,
    );
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new PeapodError('CreateContainerConfigError', `log path "${path}" is a symlink`);
  }
  return path;
}
