import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeSync } from '../linux/files.ts';

/**
 * Wakes an OCI runtime that copies a command's output and waits, after the command has ended, until nobody holds the other end (runc does).
 * One byte comes to it through each of its pipes; nobody reads its own output any more, so it fails to pass the byte on, and ends with the
 * command's exit code. To be called after our ends of its output are closed. A runtime that is gone is fine.
 */
export function releaseRuntime(pid: number): void {
  for (const path of copiedPipes(`/proc/${pid}/fd`)) {
    try {
      const end = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
      try {
        writeSync(end, '\n');
      } finally {
        closeSync(end);
      }
    } catch {
      // Closed meanwhile, or full: then it is awake.
    }
  }
}

/** The pipes whose reading end it has and whose writing end it has not: the others are for itself. */
function copiedPipes(directory: string): string[] {
  const reading = new Map<string, string>();
  const writing = new Set<string>();
  for (const fd of descriptors(directory)) {
    const path = join(directory, fd);
    try {
      const pipe = readlinkSync(path);
      if (Number(fd) <= 2 || !pipe.startsWith('pipe:')) continue;
      const info = readFileSync(join(directory, '..', 'fdinfo', fd), 'utf8');
      const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
      if ((flags & (constants.O_WRONLY | constants.O_RDWR)) === 0) reading.set(pipe, path);
      else writing.add(pipe);
    } catch {
      // Closed meanwhile.
    }
  }
  return [...reading].filter(([pipe]) => !writing.has(pipe)).map(([, path]) => path);
}

function descriptors(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
