import { closeSync, constants, openSync } from 'node:fs';
import { resizePty } from '../linux/pty.ts';
import type { TerminalSize } from '../pod-runtime.ts';

/** Sets the size of the terminal that a process has as its standard input; a process that is gone, or has none, keeps what it has. */
export function resizeTerminalOf(pid: number, size: TerminalSize): void {
  if (pid <= 0) return;
  let fd: number;
  try {
    fd = openSync(`/proc/${pid}/fd/0`, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch {
    return;
  }
  try {
    resizePty(fd, size);
  } catch {
    // It has put something else in the terminal's place.
  } finally {
    closeSync(fd);
  }
}
