import type { ContainerStatus, Pod } from '../../model/api/types.ts';
import type { UserClient } from '../../client/user-client.ts';
import { containerStatuses, containersOf } from '../find-pods.ts';
import { containerLog } from './container-log.ts';
import { LogPrefixes } from './log-prefix.ts';
import { LogWriter } from './log-writer.ts';
import type { Terminal } from './terminal.ts';

export interface FollowOptions {
  client: UserClient;
  /** The folder of all pods' logs. */
  logs: string;
  terminal: Terminal;
  /** When it is aborted, what has been written until then still comes. */
  signal: AbortSignal;
}

/** Writes what all containers of the pods write, instance after instance, each line with `pod/container` before it. */
export async function followLogs(pods: readonly Pod[], options: FollowOptions): Promise<void> {
  const names = pods.flatMap((pod) => containersOf(pod).map(({ name }) => `${pod.metadata?.name}/${name}`));
  const prefixes = new LogPrefixes(options.terminal, names);
  const follower = new Follower(options, (name) => prefixes.of(name));
  const uids = new Set(pods.map(({ metadata }) => metadata?.uid ?? ''));
  for await (const present of options.client.followPods({ signal: options.signal }))
    for (const pod of present) if (uids.has(pod.metadata?.uid ?? '')) follower.see(pod);
  await follower.end();
}

class Follower {
  readonly #options: FollowOptions;
  readonly #prefixOf: (name: string) => string;
  readonly #readers = new Map<string, Promise<void>>();
  readonly #ended = new Set<string>();

  constructor(options: FollowOptions, prefixOf: (name: string) => string) {
    this.#options = options;
    this.#prefixOf = prefixOf;
  }

  /** Starts to read each instance of each container that the pod has had. */
  see(pod: Pod): void {
    for (const status of containerStatuses(pod)) {
      const newest = newestAttempt(status);
      for (let attempt = 0; attempt <= newest; attempt += 1) {
        const instance = `${pod.metadata?.uid}/${status.name}/${attempt}`;
        if (attempt < newest || status.state?.terminated !== undefined) this.#ended.add(instance);
        if (!this.#readers.has(instance))
          this.#readers.set(instance, this.#read(pod, status.name, attempt, instance));
      }
    }
  }

  /** Resolves when all that was written has been read. */
  async end(): Promise<void> {
    await Promise.all(this.#readers.values());
  }

  async #read(pod: Pod, container: string, attempt: number, instance: string): Promise<void> {
    const writer = new LogWriter(
      this.#options.terminal,
      this.#prefixOf(`${pod.metadata?.name}/${container}`),
    );
    const hasEnded = async () => this.#options.signal.aborted || this.#ended.has(instance);
    for await (const entry of containerLog(this.#options.logs, pod, container, attempt, {
      follow: true,
      hasEnded,
    })) {
      writer.write(entry.text.toString('utf8'));
    }
    writer.end();
  }
}

/** −1 when the container has not been started yet. */
function newestAttempt({ restartCount, state, lastState }: ContainerStatus): number {
  if (state?.running !== undefined || state?.terminated !== undefined) return restartCount;
  return lastState?.terminated === undefined ? -1 : restartCount;
}
