import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Status } from '../../model/api/types.ts';
import { statusText } from '../command/command-status.ts';
import type { CommandStreams } from '../command/command-streams.ts';
import { type CommandVerb, joinCommand } from '../command/join-command.ts';
import type { CommandStreamOptions } from '../command-options.ts';
import type { OpenSession } from '../remote-session.ts';
import type { ServeOptions } from '../serve-options.ts';
import { acceptWebSocket } from './accept-web-socket.ts';
import {
  type ChannelProtocol,
  chooseProtocol,
  COMMAND_PROTOCOLS,
  ERROR_CHANNEL,
  RESIZE_CHANNEL,
  STDERR_CHANNEL,
  STDIN_CHANNEL,
  STDOUT_CHANNEL,
} from './channel-protocol.ts';
import { WebSocketChannels } from './web-socket-channels.ts';

export function serveWebSocketCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: ServeOptions & CommandStreamOptions & { verb: CommandVerb },
  open: OpenSession,
): Promise<void> {
  const choose = (offered: readonly string[]) => chooseProtocol(offered, COMMAND_PROTOCOLS)?.name;
  const supported = COMMAND_PROTOCOLS.map(({ name }) => name).filter((name) => name !== '');
  const serve = async (webSocket: WebSocket, name: string) => {
    const protocol = chooseProtocol([name], COMMAND_PROTOCOLS);
    if (protocol) await joinCommand(commandStreams(webSocket, protocol, options), options.verb, open);
  };
  return acceptWebSocket(request, socket, head, { choose, supported }, serve);
}

function commandStreams(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  options: ServeOptions & CommandStreamOptions,
): CommandStreams {
  const channels = new WebSocketChannels(webSocket, protocol, options);
  const stdin = options.stdin ? channels.channel(STDIN_CHANNEL) : undefined;
  const stdout = options.stdout ? channels.channel(STDOUT_CHANNEL) : undefined;
  const stderr = options.stderr ? channels.channel(STDERR_CHANNEL) : undefined;
  const resize = options.tty ? channels.channel(RESIZE_CHANNEL) : undefined;
  const error = channels.channel(ERROR_CHANNEL);
  channels.announce(stdout ? STDOUT_CHANNEL : stderr ? STDERR_CHANNEL : ERROR_CHANNEL);
  const finish = async (status: Status) => {
    const text = statusText(status, protocol.status);
    if (text !== '') await new Promise((resolve) => error.write(text, resolve));
    await channels.close();
  };
  return { stdin, stdout, stderr, resize, gone: channels.gone, finish };
}
