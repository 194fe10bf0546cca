import { closeSync, constants, openSync, writeFileSync } from 'node:fs';
import { externalStep } from './external-step.ts';

/**
 * Adds a line to a file that is there: a fraction of what it takes to replace the file. Whoever dies in the midst of it, or finds the disk full, may leave
 * a part of the line; the next one begins a line of its own.
 * @throws ErrnoException ENOENT when there is no such file
 */
export function appendLine(path: string, line: string): void {
  const text = `\n${line}`;
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
  try {
    externalStep('write', path, () => writeFileSync(file, text), {
      half: () => writeFileSync(file, text.slice(0, text.length / 2)),
    });
  } finally {
    closeSync(file);
  }
}
