/** Commands and connections over the URLs that a runtime gives for them. */
import { type Duplex, PassThrough } from 'node:stream';
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';
import type { StreamSession, TerminalSize } from '../../runtime/pod-runtime.ts';
import { openPortForward } from '../../streaming/open-port-forward.ts';
import { openRemoteCommand } from '../../streaming/open-remote-command.ts';

/** What every runtime speaks, and half-closes; and a URL is good for one try only. */
const TRANSPORT = 'spdy';

export interface SessionRequest {
  readonly url: string;
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly size?: TerminalSize | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** @throws PeapodError Unavailable when the runtime does not answer there */
export async function openSession(request: SessionRequest): Promise<StreamSession> {
  const { tty, stdin, size, clock, signal } = request;
  const url = withStreams(request.url, { stdin, stdout: true, stderr: !tty, tty });
  const session = await openRemoteCommand(url, {
    clock,
    transport: TRANSPORT,
    ...(signal === undefined ? {} : { signal }),
  });
  if (size !== undefined) session.resize(size);
  session.exit.catch(() => {});
  return {
    stdin: session.stdin,
    stdout: session.stdout ?? new PassThrough().end(),
    stderr: session.stderr,
    exit: session.exit,
    resize: (to) => session.resize(to),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** A connection that ends with its session, and the session with it. */
export async function openConnection(
  url: string,
  port: number,
  { clock, signal }: Pick<SessionRequest, 'clock' | 'signal'>,
): Promise<Duplex> {
  const session = await openPortForward(streamingUrl(url), {
    clock,
    transport: TRANSPORT,
    ...(signal === undefined ? {} : { signal }),
  });
  const end = () => void Promise.resolve(session[Symbol.asyncDispose]()).catch(() => {});
  try {
    const connection = await session.connect(port);
    connection.once('close', end);
    return connection;
  } catch (error) {
    end();
    throw error;
  }
}

function withStreams(text: string, streams: Record<string, boolean>): URL {
  const url = streamingUrl(text);
  for (const [name, wanted] of Object.entries(streams)) if (wanted) url.searchParams.set(name, 'true');
  return url;
}

function streamingUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new PeapodError('Unavailable', `the runtime gave no URL to stream from: ${JSON.stringify(text)}`);
}
