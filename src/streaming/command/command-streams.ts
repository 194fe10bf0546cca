import type { Readable, Writable } from 'node:stream';
import type { Status } from '../../model/api/types.ts';

/** The client's end of a remote command, whatever protocol it speaks. The streams that the client did not ask for are absent. */
export interface CommandStreams {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  /** The terminal's sizes as text. */
  readonly resize: Readable | undefined;
  /** Aborts when the client has left. */
  readonly gone: AbortSignal;
  /** Sends how the command ended after all output, and closes the connection once the client has read it or takes too long. */
  finish(status: Status): Promise<void>;
}
