/** What a command's standard streams are made of: three pipes, or one terminal. */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { makePipe } from '../linux/pipe.ts';
import { openPty, resizePty } from '../linux/pty.ts';
import type { TerminalSize } from '../pod-runtime.ts';

export interface ExecStreams {
  /** The command's ends: to be handed to it, then closed here. */
  readonly childFds: [stdin: number | null, stdout: number, stderr: number];
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable | undefined;
  closeChildEnds(): void;
  /** Lets go of our ends. */
  destroy(): void;
}

export function openPipes(withStdin: boolean): ExecStreams {
  const input = withStdin ? makePipe() : undefined;
  const output = makePipe();
  const errors = makePipe();
  const stdin = input && new Socket({ fd: input.write, readable: false, writable: true });
  const stdout = new Socket({ fd: output.read, readable: true, writable: false });
  const stderr = new Socket({ fd: errors.read, readable: true, writable: false });
  stdin?.on('error', ignoreClosedInput);
  return {
    childFds: [input?.read ?? null, output.write, errors.write],
    stdin,
    stdout,
    stderr,
    closeChildEnds: () => {
      for (const end of [input?.read, output.write, errors.write]) if (end !== undefined) closeSync(end);
    },
    destroy: () => {
      for (const stream of [stdin, stdout, stderr]) stream?.destroy();
    },
  };
}

/** The runtime stands between this terminal, which passes on every byte, and the container's own. */
export function openTerminal(withStdin: boolean, size: TerminalSize | undefined): ExecStreams {
  const pty = openPty();
  // runc gives its terminal the size of ours.
  if (size) resizePty(pty.master, size);
  const terminal = new ReadStream(pty.master);
  terminal.on('error', ignoreClosedInput);
  return {
    childFds: [pty.slave, pty.slave, pty.slave],
    stdin: withStdin ? terminal : undefined,
    stdout: terminal,
    stderr: undefined,
    closeChildEnds: () => closeSync(pty.slave),
    destroy: () => terminal.destroy(),
  };
}

/** The command may end, or close its input, before it has read all: its exit code says what became of it. */
function ignoreClosedInput(): void {}
