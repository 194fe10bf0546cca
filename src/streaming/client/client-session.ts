import type { Readable, Writable } from 'node:stream';
import { PeapodError } from '../../model/errors.ts';
import { readExitCode } from '../command/command-status.ts';
import { formatSize } from '../command/terminal-sizes.ts';
import type { RemoteSession } from '../remote-session.ts';

const STATUS_CHARACTERS = 64 * 1024;

/** The client's end of a remote command, whatever protocol it speaks. */
export interface ClientStreams {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  /** Tells the command's end, and ends with it or with the connection. */
  readonly error: Readable;
  readonly resize: Writable | undefined;
  /** Whether an error stream without a word means success, as before version 4. */
  readonly silentSuccess: boolean;
  close(): Promise<void>;
}

/** Makes a session of the streams. Closing follows by itself when the command has ended. */
export function clientSession(streams: ClientStreams): RemoteSession {
  const exit = readExit(streams);
  const close = () => streams.close();
  exit.then(close, close).catch(() => {});
  return {
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    exit,
    resize: (size) => {
      if (streams.resize?.writable) streams.resize.write(formatSize(size));
    },
    // Who leaves reads no more: nothing is waited for.
    [Symbol.asyncDispose]: () => {
      for (const stream of [streams.stdout, streams.stderr, streams.error]) stream?.destroy();
      return close();
    },
  };
}

async function readExit({ error, silentSuccess }: ClientStreams): Promise<number> {
  let text = '';
  for await (const chunk of error.setEncoding('utf8')) {
    if (text.length < STATUS_CHARACTERS) text += String(chunk);
  }
  if (text === '' && !silentSuccess) {
    throw new PeapodError('Unavailable', 'the connection was lost before the command had ended');
  }
  return readExitCode(text);
}
