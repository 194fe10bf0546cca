import type { WebSocket } from 'ws';
import { clientSession } from '../client/client-session.ts';
import { type ConnectOptions, heartbeatOf } from '../client/connect-options.ts';
import type { CommandStreamOptions } from '../command-options.ts';
import type { RemoteSession } from '../remote-session.ts';
import {
  chooseProtocol,
  COMMAND_PROTOCOLS,
  ERROR_CHANNEL,
  RESIZE_CHANNEL,
  STDERR_CHANNEL,
  STDIN_CHANNEL,
  STDOUT_CHANNEL,
} from './channel-protocol.ts';
import { dialWebSocket } from './dial-web-socket.ts';
import { WebSocketChannels } from './web-socket-channels.ts';

const WITH_CLOSE = ['v5.channel.k8s.io'];
const WITHOUT_CLOSE = [...WITH_CLOSE, 'v4.channel.k8s.io'];

/** Before version 5 the end of input could not be told, so that a command with input needs it. */
export function dialWebSocketCommand(
  url: URL,
  wanted: CommandStreamOptions,
  options: ConnectOptions,
): Promise<RemoteSession> {
  const protocols = wanted.stdin ? WITH_CLOSE : WITHOUT_CLOSE;
  return dialWebSocket(url, protocols, options, (webSocket, agreed) =>
    openSession(webSocket, agreed, wanted, options),
  );
}

function openSession(
  webSocket: WebSocket,
  agreed: string,
  wanted: CommandStreamOptions,
  options: ConnectOptions,
): RemoteSession {
  const protocol = chooseProtocol([agreed], COMMAND_PROTOCOLS);
  if (!protocol) throw new Error(`bug: ${agreed} was offered but is not known`);
  const channels = new WebSocketChannels(webSocket, protocol, heartbeatOf(options));
  return clientSession({
    stdin: wanted.stdin ? channels.channel(STDIN_CHANNEL) : undefined,
    stdout: wanted.stdout ? channels.channel(STDOUT_CHANNEL) : undefined,
    stderr: wanted.stderr ? channels.channel(STDERR_CHANNEL) : undefined,
    error: channels.channel(ERROR_CHANNEL),
    resize: wanted.tty ? channels.channel(RESIZE_CHANNEL) : undefined,
    silentSuccess: false,
    close: () => channels.close(),
  });
}
