import type { AgentDeps } from './agent-deps.ts';
import { type EvictablePod, NodePressure } from './eviction/node-pressure.ts';
import { removeOrphans } from './housekeeping/remove-orphans.ts';
import { rotateLogs } from './housekeeping/rotate-logs.ts';
import { podIdentity } from './pod-identity.ts';
import { PodWorker } from './pod-worker.ts';
import { WakeUp } from './wake-up.ts';
import type { Pod } from '../model/api/types.ts';
import { nextBeat } from '../model/nearest-beat.ts';

/** How long to wait before a broken watch is begun anew. */
const WATCH_RETRY_MS = 1000;
const HOUSEKEEPING_MS = 10_000;
/** How often what gone pods left is looked for where none is known to have gone. */
const ORPHANS_MS = 60_000;

/**
 * Keeps this node's pods as their specs say, until the signal is aborted. Then it resolves when all its own work has ended; containers run on, and the next
 * agent takes them over as they are.
 */
export async function startAgent(deps: AgentDeps, { signal }: { signal: AbortSignal }): Promise<void> {
  const agent = new Agent(deps, signal);
  await Promise.all([agent.watchPods(), agent.watchRuntime(), agent.keepHouse(), agent.watchPressure()]);
  await agent.settled();
}

class Agent {
  readonly #deps: AgentDeps;
  readonly #signal: AbortSignal;
  readonly #housekeeping: WakeUp;
  #orphansAt = 0;
  readonly #pressure: NodePressure | undefined;
  readonly #workers = new Map<string, { worker: PodWorker; done: Promise<void> }>();

  constructor(deps: AgentDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#pressure =
      deps.eviction === undefined
        ? undefined
        : new NodePressure(deps, deps.eviction, () => this.#evictable());
    this.#housekeeping = new WakeUp(deps.clock);
    this.#signal = signal;
  }

  async watchPods(): Promise<void> {
    await this.#forever('watch pods', async () => {
      for await (const { type, pod } of this.#deps.client.watchPods({ signal: this.#signal })) {
        if (type === 'DELETED') void this.#forget(podIdentity(pod).uid);
        else this.#assign(pod);
      }
    });
  }

  async watchRuntime(): Promise<void> {
    const { metrics, runtime } = this.#deps;
    // What happened while nothing was told is seen by whoever looks: at once, and once the runtime has looked from where on it tells.
    let isAgain = false;
    const onLook = (at: number, seconds: number): void => {
      metrics?.relisted(at, seconds);
      if (isAgain) this.#wakeAll();
      isAgain = false;
    };
    await this.#forever("watch the runtime's events", async () => {
      if (isAgain) this.#wakeAll();
      try {
        for await (const { podUid } of runtime.events({ signal: this.#signal, onLook }))
          this.#workers.get(podUid)?.worker.wake();
      } finally {
        isAgain = true;
      }
    });
  }

  async keepHouse(): Promise<void> {
    await this.#forever('keep house', async () => {
      while (!this.#signal.aborted) {
        this.#housekeeping.reset();
        const { clock } = this.#deps;
        if (clock.now() >= this.#orphansAt) {
          this.#orphansAt = Number.POSITIVE_INFINITY;
          const again = await removeOrphans(this.#deps, this.#signal);
          const soonest = clock.now() + (again ? HOUSEKEEPING_MS : ORPHANS_MS);
          this.#orphansAt = Math.min(this.#orphansAt, soonest - HOUSEKEEPING_MS / 2);
        }
        await rotateLogs(this.#deps, this.#containers(), this.#signal);
        await this.#housekeeping.wait(nextBeat(clock.now(), HOUSEKEEPING_MS), this.#signal);
      }
    });
  }

  async watchPressure(): Promise<void> {
    await this.#pressure?.run(this.#signal);
  }

  #wakeAll(): void {
    for (const { worker } of this.#workers.values()) worker.wake();
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#workers.values()].map(({ done }) => done));
  }

  /** A pod whose object goes first, without grace or because it had ended, leaves things behind: they do not wait for the next round. */
  async #forget(uid: string): Promise<void> {
    const present = this.#workers.get(uid);
    if (present === undefined) return;
    present.worker.forget();
    await present.done;
    if (!present.worker.hasCleared) this.#clearUp();
  }

  *#containers() {
    for (const { worker } of this.#workers.values()) yield* worker.containers;
  }

  #clearUp(): void {
    this.#orphansAt = 0;
    this.#housekeeping.wake();
  }

  #assign(pod: Pod): void {
    const { uid } = podIdentity(pod);
    const present = this.#workers.get(uid);
    if (present !== undefined) {
      // A static pod may come back under its old uid: it waits for the earlier one's end.
      if (present.worker.isGone) void present.done.then(() => this.#assign(pod));
      else present.worker.update(pod);
      return;
    }
    const worker = new PodWorker(this.#deps, pod, {
      others: () => this.#podsBut(uid),
      refusal: (one) => this.#pressure?.refusal(one),
      preempt: (victims, signal) => this.#preempt(victims, signal),
    });
    const done = worker
      .run(this.#signal)
      .catch((error: unknown) => this.#warn('a pod worker broke', error))
      .finally(() => this.#workers.delete(uid));
    this.#workers.set(uid, { worker, done });
  }

  #podsBut(uid: string): Pod[] {
    return [...this.#workers]
      .filter(([other, { worker }]) => other !== uid && takesPart(worker))
      .map(([, { worker }]) => worker.pod);
  }

  async #preempt(victims: readonly Pod[], signal: AbortSignal): Promise<void> {
    const workers = victims.flatMap((pod) => this.#workers.get(podIdentity(pod).uid)?.worker ?? []);
    for (const worker of workers) worker.preempt();
    const haveEnded = new WakeUp(this.#deps.clock);
    void Promise.all(workers.map(({ ended }) => ended)).then(() => haveEnded.wake());
    await haveEnded.wait(undefined, signal);
  }

  #evictable(): EvictablePod[] {
    return [...this.#workers.values()]
      .filter(({ worker }) => takesPart(worker))
      .map(({ worker }) => ({
        pod: worker.pod,
        evict: (message, graceSeconds) => worker.evict(message, graceSeconds),
        hasEnded: () => worker.hasEnded,
        ended: worker.ended,
      }));
  }

  /** Does it again whenever it ends or fails, until the agent ends. */
  async #forever(what: string, work: () => Promise<void>): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (this.#signal.aborted) return;
        this.#warn(`cannot ${what}`, error);
      }
      await this.#deps.clock.sleep(WATCH_RETRY_MS, { signal: this.#signal }).catch(() => {});
    }
  }

  #warn(what: string, error: unknown): void {
    this.#deps.log({ level: 'error', message: what, error });
  }
}

/** Whether the node has taken the pod, now or before the agent began, and it has not ended. */
function takesPart({ isAdmitted, hasEnded, pod: { status } }: PodWorker): boolean {
  const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
  return !isOver && !hasEnded && (isAdmitted || status?.startTime !== undefined);
}
