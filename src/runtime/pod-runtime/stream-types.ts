/** What goes to and from a container's processes while they run. */
import type { Readable, Writable } from 'node:stream';

export interface ExecResult {
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
}

export interface ExecRequest {
  command: readonly string[];
  tty: boolean;
  stdin: boolean;
  size?: TerminalSize;
}

export interface AttachRequest {
  tty: boolean;
  stdin: boolean;
  size?: TerminalSize;
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** A process's streams. With a terminal all output comes through `stdout`. Disposing ends the session. */
export interface StreamSession extends AsyncDisposable {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable | undefined;
  /** The exit code: 128 + n after signal n. For `attach`, the container's. */
  readonly exit: Promise<number>;
  resize(size: TerminalSize): void;
}
