/** How remote commands are spoken over SPDY; the best first. */
export const COMMAND_PROTOCOLS: readonly CommandProtocol[] = [
  { name: 'v4.channel.k8s.io', status: 'json', resizes: true },
  { name: 'v3.channel.k8s.io', status: 'text', resizes: true },
  { name: 'v2.channel.k8s.io', status: 'text', resizes: false },
  { name: 'channel.k8s.io', status: 'text', resizes: false },
];

export interface CommandProtocol {
  name: string;
  /** How the error stream tells the command's end: as a `Status`, or in plain text and only when it failed. */
  status: 'json' | 'text';
  resizes: boolean;
}

export const PROTOCOL_NAMES: readonly string[] = COMMAND_PROTOCOLS.map(({ name }) => name);

/** The header that says what a stream is for; header names are in lower case on the wire. */
export const STREAM_TYPE = 'streamtype';

export type CommandStreamType = 'error' | 'stdin' | 'stdout' | 'stderr' | 'resize';

export function commandProtocol(name: string): CommandProtocol | undefined {
  return COMMAND_PROTOCOLS.find((known) => known.name === name) ?? COMMAND_PROTOCOLS.at(-1);
}

/** Every stream that a command takes. */
export function streamTypes(
  wanted: { stdin: boolean; stdout: boolean; stderr: boolean; tty: boolean },
  protocol: CommandProtocol,
): CommandStreamType[] {
  const { stdin, stdout, stderr, tty } = wanted;
  const types = { error: true, stdin, stdout, stderr, resize: tty && protocol.resizes };
  return Object.entries(types)
    .filter(([, isWanted]) => isWanted)
    .map(([type]) => type as CommandStreamType);
}
