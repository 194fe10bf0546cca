import { clientSession } from '../client/client-session.ts';
import type { ConnectOptions } from '../client/connect-options.ts';
import type { CommandStreamOptions } from '../command-options.ts';
import type { RemoteSession } from '../remote-session.ts';
import { commandProtocol, PROTOCOL_NAMES, STREAM_TYPE, streamTypes } from './command-protocol.ts';
import { dialSpdy } from './dial-spdy.ts';
import type { SpdyStream } from './spdy-stream.ts';

/** @throws UpgradeRefused, PeapodError Unavailable, the signal's reason */
export async function dialSpdyCommand(
  url: URL,
  wanted: CommandStreamOptions,
  options: ConnectOptions,
): Promise<RemoteSession> {
  const { connection, protocol: name } = await dialSpdy(url, PROTOCOL_NAMES, options);
  try {
    const protocol = commandProtocol(name);
    if (!protocol) throw new Error(`bug: no protocol ${name}`);
    const opening = streamTypes(wanted, protocol).map(async (type) => {
      return [type, await connection.open(new Map([[STREAM_TYPE, type]]))] as const;
    });
    const streams = new Map<string, SpdyStream>(await Promise.all(opening));
    const error = streams.get('error');
    if (!error) throw new Error('bug: a command without an error stream');
    // Only the other side speaks on these.
    for (const type of ['error', 'stdout', 'stderr']) streams.get(type)?.end();
    return clientSession({
      stdin: streams.get('stdin'),
      stdout: streams.get('stdout'),
      stderr: streams.get('stderr'),
      resize: streams.get('resize'),
      error,
      silentSuccess: protocol.status === 'text',
      close: async () => {
        for (const type of ['stdin', 'resize']) streams.get(type)?.destroy();
        await connection.close();
      },
    });
  } catch (error) {
    connection.terminate();
    throw error;
  }
}
