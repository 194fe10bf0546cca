import type { ConnectOptions } from './client/connect-options.ts';
import { UpgradeRefused } from './client/upgrade-refused.ts';
import { readCommandOptions } from './command-options.ts';
import type { RemoteSession } from './remote-session.ts';
import { dialSpdyCommand } from './spdy/dial-spdy-command.ts';
import { dialWebSocketCommand } from './websocket/dial-web-socket-command.ts';

export interface RemoteCommandClientOptions extends ConnectOptions {
  /** Absent: WebSocket, and SPDY where the server refuses that. */
  transport?: 'websocket' | 'spdy';
}

/**
 * Runs a command, or attaches to one, at a Kubernetes API server, a kubelet, or where CRI's `Exec` and `Attach` lead.
 * @param url `http:` or `https:`, with the streams that are wanted in its query, as `readCommandOptions` reads them. What is asked
 *   for has to be read: the exit code comes behind all output
 * @throws UpgradeRefused, PeapodError Unavailable, the signal's reason
 */
export async function openRemoteCommand(
  url: URL,
  options: RemoteCommandClientOptions,
): Promise<RemoteSession> {
  const wanted = readCommandOptions(url.searchParams);
  if (options.transport === 'spdy') return dialSpdyCommand(url, wanted, options);
  try {
    return await dialWebSocketCommand(url, wanted, options);
  } catch (error) {
    if (options.transport === 'websocket' || !(error instanceof UpgradeRefused)) throw error;
    return dialSpdyCommand(url, wanted, options);
  }
}
