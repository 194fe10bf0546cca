import type { Readable, Writable } from 'node:stream';

export interface TerminalSize {
  columns: number;
  rows: number;
}

/**
 * A running command's streams: what a server joins a connection to, and what a client gets from one. With a terminal all output
 * comes through `stdout`. Disposing ends the session. The runtime's `StreamSession` is one.
 */
export interface RemoteSession extends AsyncDisposable {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** The exit code; rejects when the command could not be run, or nobody can tell how it ended. */
  readonly exit: Promise<number>;
  resize(size: TerminalSize): void;
}

/** Starts or joins what the client asked for. Called when the connection stands; the signal aborts when the client leaves. */
export type OpenSession = (options: { signal: AbortSignal }) => Promise<RemoteSession>;
