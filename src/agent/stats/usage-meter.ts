import type { Clock } from '../../model/clock.ts';
import type { NodeUsage } from '../../model/usage/node-usage.ts';
import type { PodRuntime } from '../../runtime/pod-runtime.ts';
import type { ReadNode } from './node-reading.ts';
import { type Sample, takeSample } from './take-sample.ts';
import { usageBetween } from './usage-between.ts';

/** An answer serves all who ask within this time. */
const FRESH_MS = 5000;
/** Rates are taken over no longer time than this. */
const LONGEST_WINDOW_MS = 60_000;
/** How long a first sample is followed by a second. */
const SHORTEST_WINDOW_MS = 1000;

export interface UsageMeterOptions {
  readonly nodeName: string;
  readonly runtime: PodRuntime;
  readonly readNode: ReadNode;
  readonly clock: Clock;
}

/**
 * Measures what the node and its pods use, when somebody asks: while nobody does it costs nothing. Rates are taken between two
 * samples, the earlier being that of the question before; where that is too old or knows not all that runs, a second is waited for.
 */
export class UsageMeter {
  readonly #options: UsageMeterOptions;
  #newest: Sample | undefined;
  #answer: NodeUsage | undefined;
  #pending: Promise<NodeUsage> | undefined;

  constructor(options: UsageMeterOptions) {
    this.#options = options;
  }

  /** Questions at the same time share a measurement. @throws PeapodError when the runtime cannot be asked */
  async usage(): Promise<NodeUsage> {
    const { clock } = this.#options;
    if (this.#answer !== undefined && clock.now() - this.#answer.timestamp < FRESH_MS) return this.#answer;
    this.#pending ??= this.#measure().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #measure(): Promise<NodeUsage> {
    const { nodeName, runtime, readNode, clock } = this.#options;
    // Shared by several callers: none of them may end it for the others.
    const { signal } = new AbortController();
    let before = this.#newest;
    let after = await takeSample(runtime, readNode, signal);
    if (before === undefined || !canCompare(before, after)) {
      before = after;
      await clock.sleep(SHORTEST_WINDOW_MS);
      after = await takeSample(runtime, readNode, signal);
    }
    this.#newest = after;
    this.#answer = usageBetween(nodeName, before, after);
    return this.#answer;
  }
}

function canCompare(before: Sample, after: Sample): boolean {
  const known = new Set(before.pods.flatMap(({ stats }) => stats.containers.map(({ id }) => id)));
  const elapsedMs = after.node.timestamp - before.node.timestamp;
  const knowsAll = after.pods.every(({ stats }) => stats.containers.every(({ id }) => known.has(id)));
  return knowsAll && elapsedMs >= SHORTEST_WINDOW_MS && elapsedMs <= LONGEST_WINDOW_MS;
}
