/** Real pipes: what `node:child_process` calls a pipe is a socket, which a program cannot open again as `/dev/stdout`. @see pipe2(2) */
import { checked, foreignFunction } from './libc.ts';

const pipe2 = foreignFunction('int pipe2(_Out_ int *ends, int flags)');
const O_CLOEXEC = 0o2000000;

export interface Pipe {
  /** File descriptors; whoever made the pipe closes them. */
  readonly read: number;
  readonly write: number;
}

/** @throws ErrnoException EMFILE, ENFILE */
export function makePipe(): Pipe {
  const ends = new Int32Array(2);
  checked(pipe2(ends, O_CLOEXEC), 'pipe2');
  return { read: ends[0] ?? -1, write: ends[1] ?? -1 };
}
