import type { Readable, Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { Status } from '../../model/api/types.ts';
import type { OpenSession, RemoteSession } from '../remote-session.ts';
import { exitStatus, failureStatus } from './command-status.ts';
import type { CommandStreams } from './command-streams.ts';
import { TerminalSizes } from './terminal-sizes.ts';

/** Whether the client gets the exit code, or only learns that the process that it was attached to has ended. */
export type CommandVerb = 'exec' | 'attach';

/**
 * Joins a client's streams to a session until the session has ended and its output is delivered, or the client leaves. The session
 * is disposed of either way.
 */
export async function joinCommand(
  client: CommandStreams,
  verb: CommandVerb,
  open: OpenSession,
): Promise<void> {
  let status: Status;
  try {
    await using session = await open({ signal: client.gone });
    status = await untilGone(client.gone, run(client, verb, session));
  } catch (error) {
    status = failureStatus(error);
  }
  if (!client.gone.aborted) await client.finish(status);
}

async function run(client: CommandStreams, verb: CommandVerb, session: RemoteSession): Promise<Status> {
  void feed(client.stdin, session.stdin);
  client.resize?.setEncoding('utf8').on('data', resizer(session));
  const [exitCode] = await Promise.all([
    session.exit,
    deliver(session.stdout, client.stdout),
    deliver(session.stderr, client.stderr),
  ]);
  return exitStatus(verb === 'exec' ? exitCode : 0);
}

/** Input that nobody takes, or takes no more, is read all the same: what comes behind it on the connection has to get through. */
async function feed(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from) return;
  if (!to) {
    from.resume();
    return;
  }
  from.pipe(to);
  await finished(to, { readable: false }).catch(() => {});
  from.unpipe(to);
  from.resume();
}

async function deliver(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (!from) return;
  if (!to) {
    from.resume();
    return;
  }
  // A stream that breaks off says less than the exit code, or the client's leaving, which follow.
  await pipeline(from, to, { end: false }).catch(() => {});
}

function resizer(session: RemoteSession): (text: string) => void {
  const sizes = new TerminalSizes();
  return (text) => {
    for (const size of sizes.push(text)) session.resize(size);
  };
}

async function untilGone<T>(gone: AbortSignal, work: Promise<T>): Promise<T> {
  const listening = new AbortController();
  const left = new Promise<never>((_, reject) => {
    const leave = () => reject(new Error('the client has left'));
    if (gone.aborted) leave();
    else gone.addEventListener('abort', leave, { signal: listening.signal });
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    listening.abort();
    work.catch(() => {});
  }
}
