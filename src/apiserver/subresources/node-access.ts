import type { Duplex } from 'node:stream';
import type { Pod } from '../../model/api/types.ts';
import type { RemoteSession } from '../../streaming/remote-session.ts';

/** What is reached on the node that a pod is on: in this process, or over its agent's own server. */
export interface NodeAccess {
  /**
   * What a container wrote, in pieces, until it ends when `follow` is set, or the signal aborts.
   * @throws PeapodError when there is no such container, or it has not begun
   */
  logs(pod: Pod, container: string, options: LogRequest): AsyncIterable<Buffer>;
  exec(pod: Pod, container: string, options: CommandRequest): Promise<RemoteSession>;
  attach(pod: Pod, container: string, options: Omit<CommandRequest, 'command'>): Promise<RemoteSession>;
  /** A connection to a port within the pod. */
  dial(pod: Pod, port: number, options: { signal: AbortSignal }): Promise<Duplex>;
}

export interface LogRequest {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
  readonly limitBytes?: number;
  readonly stream?: 'stdout' | 'stderr';
  readonly signal: AbortSignal;
}

export interface CommandRequest {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
  readonly signal: AbortSignal;
}
