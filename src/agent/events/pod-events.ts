import type { PodClient, PodEventRecord } from '../../client/pod-client.ts';
import type { Pod } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { podIdentity } from '../pod-identity.ts';
import { containerFieldPath, type SpecContainer } from '../spec-containers.ts';
import type { AgentLog } from '../agent-deps.ts';

export interface PodEventText {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  container?: SpecContainer;
}

/** Nobody waits for events as for what they tell of: while the pod is worked on they wait this long. */
const LONGEST_MS = 500;

/** Records what happens to one pod, in order and in its own time. That an event can't be written stops nobody. */
export class PodEvents {
  readonly #client: PodClient;
  readonly #clock: Clock;
  readonly #log: AgentLog;
  #unwritten: PodEventRecord[] = [];
  /** While there is something to write. */
  #writing: Promise<void> | undefined;
  #hurry = new AbortController();

  constructor({ client, clock, log }: { client: PodClient; clock: Clock; log: AgentLog }) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  record(pod: Pod, { container, ...text }: PodEventText): void {
    this.#unwritten.push({
      pod,
      ...text,
      at: this.#clock.now(),
      ...(container === undefined ? {} : { fieldPath: containerFieldPath(container) }),
    });
    this.#writing ??= this.#writeAll();
  }

  /** There is time to write them now. */
  hurry(): void {
    if (this.#writing !== undefined) this.#hurry.abort();
  }

  /** Resolves when all that was recorded is written. */
  async flushed(): Promise<void> {
    this.hurry();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#unwritten.length > 0) {
      await this.#clock.sleep(LONGEST_MS, { signal: this.#hurry.signal }).catch(() => {});
      const events = this.#unwritten;
      this.#unwritten = [];
      await this.#client.recordEvents(events).catch((error: unknown) =>
        this.#log({
          level: 'warn',
          message: 'cannot record an event',
          pod: podIdentity(events[0]?.pod ?? {}).name,
          error,
        }),
      );
    }
    this.#writing = undefined;
    this.#hurry = new AbortController();
  }
}
