import type { ConnectOptions } from './client/connect-options.ts';
import { readCommandOptions } from './command-options.ts';
import type { RemoteSession } from './remote-session.ts';
import { dialWebSocketCommand } from './websocket/dial-web-socket-command.ts';

/**
 * Runs a command, or attaches to one, at a Kubernetes API server, a kubelet, or where CRI's `Exec` and `Attach` lead.
 * @param url `http:` or `https:`, with the streams that are wanted in its query, as `readCommandOptions` reads them. What is asked
 *   for has to be read: the exit code comes behind all output
 * @throws UpgradeRefused, PeapodError Unavailable, the signal's reason
 */
export async function openRemoteCommand(url: URL, options: ConnectOptions): Promise<RemoteSession> {
  const wanted = readCommandOptions(url.searchParams);
  return dialWebSocketCommand(url, wanted, options);
}
