/** A WebSocket subprotocol in which each message begins with the number of the channel that it belongs to. */
export interface ChannelProtocol {
  name: string;
  encoding: 'binary' | 'base64';
  /** How the error channel tells the command's end: as a `Status`, or in plain text and only when it failed. */
  status: 'json' | 'text';
  /** Whether a message on `CLOSE_CHANNEL` ends one channel. */
  closes: boolean;
}

export const STDIN_CHANNEL = 0;
export const STDOUT_CHANNEL = 1;
export const STDERR_CHANNEL = 2;
export const ERROR_CHANNEL = 3;
export const RESIZE_CHANNEL = 4;
export const CLOSE_CHANNEL = 255;

/** The best first. Without any subprotocol it is the last but for its name. */
export const COMMAND_PROTOCOLS: readonly ChannelProtocol[] = [
  { name: 'v5.channel.k8s.io', encoding: 'binary', status: 'json', closes: true },
  { name: 'v4.channel.k8s.io', encoding: 'binary', status: 'json', closes: false },
  { name: 'v4.base64.channel.k8s.io', encoding: 'base64', status: 'json', closes: false },
  { name: 'base64.channel.k8s.io', encoding: 'base64', status: 'text', closes: false },
  { name: 'channel.k8s.io', encoding: 'binary', status: 'text', closes: false },
  { name: '', encoding: 'binary', status: 'text', closes: false },
];

/** Port-forwarding knows neither version 5 nor a status. */
export const PORT_PROTOCOLS: readonly ChannelProtocol[] = COMMAND_PROTOCOLS.filter(({ closes }) => !closes);

/** The protocol that the client prefers among ours. */
export function chooseProtocol(
  offered: readonly string[],
  supported: readonly ChannelProtocol[],
): ChannelProtocol | undefined {
  const names = offered.length > 0 ? offered : [''];
  return names.map((name) => supported.find((known) => known.name === name)).find((found) => found);
}
