import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WebSocket } from 'ws';
import type { ServeOptions } from '../serve-options.ts';
import type { ChannelProtocol } from '../websocket/channel-protocol.ts';
import { WebSocketChannels } from '../websocket/web-socket-channels.ts';
import { type DialPort, forwardFailure, readPort } from './join-port.ts';

/** With two channels each their number has to fit in one byte, and in one digit with base64. */
const MAX_PORTS = 100;
const MAX_PORTS_BASE64 = 5;

/**
 * The ports of the query, `ports=80&ports=81` or `ports=80,81`.
 * @returns nothing when one is no port, or there is none, or too many
 */
export function readPorts(query: URLSearchParams, protocol: ChannelProtocol): number[] | undefined {
  const texts = [...query.getAll('ports'), ...query.getAll('port')].flatMap((text) => text.split(','));
  const ports = texts.map((text) => readPort(text.trim())).filter((port) => port !== undefined);
  const most = protocol.encoding === 'base64' ? MAX_PORTS_BASE64 : MAX_PORTS;
  return ports.length === texts.length && ports.length > 0 && ports.length <= most ? ports : undefined;
}

/**
 * Serves the older way of forwarding ports over a WebSocket: the ports are named beforehand, each gets two channels, one for data and
 * one for errors, and on each the port's number comes first. One connection per port; the WebSocket closes with the last.
 */
export async function serveChannelPorts(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  ports: readonly number[],
  options: ServeOptions,
  dial: DialPort,
): Promise<void> {
  const channels = new WebSocketChannels(webSocket, protocol, options);
  const forwards = ports.map((port, index) => {
    const data = channels.channel(2 * index);
    const error = channels.channel(2 * index + 1);
    for (const channel of [data, error]) channel.write(portBytes(port));
    error.resume();
    return forward({ data, error, port, gone: channels.gone }, dial);
  });
  await Promise.all(forwards);
  await channels.close();
}

async function forward(
  { data, error, port, gone }: { data: Duplex; error: Duplex; port: number; gone: AbortSignal },
  dial: DialPort,
): Promise<void> {
  try {
    const remote = await dial(port, { signal: gone });
    remote.on('error', () => {});
    const leave = () => void remote.destroy();
    if (gone.aborted) leave();
    gone.addEventListener('abort', leave);
    data.pipe(remote);
    // No channel can be half closed.
    await pipeline(remote, data, { end: false }).catch(() => {});
    remote.destroy();
  } catch (cause) {
    data.resume();
    await new Promise((resolve) => error.write(forwardFailure(port, cause), resolve));
  }
}

function portBytes(port: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(port);
  return bytes;
}
