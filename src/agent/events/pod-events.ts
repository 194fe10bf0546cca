import type { PodClient } from '../../client/pod-client.ts';
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

/** Records what happens to pods, in order. That an event can't be written stops nobody. */
export class PodEvents {
  readonly #client: PodClient;
  readonly #clock: Clock;
  readonly #log: AgentLog;
  #written: Promise<void> = Promise.resolve();

  constructor({ client, clock, log }: { client: PodClient; clock: Clock; log: AgentLog }) {
    this.#client = client;
    this.#clock = clock;
    this.#log = log;
  }

  record(pod: Pod, { container, ...text }: PodEventText): void {
    const event = {
      pod,
      ...text,
      at: this.#clock.now(),
      ...(container === undefined ? {} : { fieldPath: containerFieldPath(container) }),
    };
    this.#written = this.#written
      .then(() => this.#client.recordEvent(event))
      .catch((error: unknown) =>
        this.#log({
          level: 'warn',
          message: 'cannot record an event',
          pod: podIdentity(pod).name,
          error,
        }),
      );
  }

  /** Resolves when all that was recorded is written. */
  flushed(): Promise<void> {
    return this.#written;
  }
}
