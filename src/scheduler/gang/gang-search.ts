/**
 * Looks for nodes for all pods of a gang, trying again where a choice led nowhere. What may follow depends only on how
 * many pods of which template are on which node, so that each such state is looked at once.
 */
import type { PodInfo } from '../engine/pod/pod-info.ts';
import type { SchedulingEngine } from '../engine/schedule-pod.ts';

export interface Assignment {
  readonly pod: PodInfo;
  readonly slot: number;
}

export interface SearchResult {
  /** The most that could be placed, in an order in which each suits. */
  readonly assignments: readonly Assignment[];
  /** Whether nothing was left untried. */
  readonly exhaustive: boolean;
}

export type NodeLimit = ((slot: number) => boolean) | undefined;

/** The snapshot stays as it is. */
export function searchPlacement(
  engine: SchedulingEngine,
  pods: readonly PodInfo[],
  limit: NodeLimit,
  maxSteps: number,
): SearchResult {
  return new GangSearch(engine, pods, limit, maxSteps).run();
}

class GangSearch {
  readonly #engine: SchedulingEngine;
  readonly #limit: NodeLimit;
  /** Pods that cannot be told apart, of which any may be next. */
  readonly #kinds: PodInfo[][];
  readonly #total: number;
  readonly #seen = new Set<string>();
  readonly #placed: (Assignment & { readonly kind: number })[] = [];
  #best: readonly Assignment[] = [];
  #stepsLeft: number;

  constructor(engine: SchedulingEngine, pods: readonly PodInfo[], limit: NodeLimit, maxSteps: number) {
    this.#engine = engine;
    this.#limit = limit;
    this.#stepsLeft = maxSteps;
    this.#total = pods.length;
    const kinds = Map.groupBy(pods, ({ template, priority }) => `${priority} ${template.key}`);
    this.#kinds = [...kinds.values()].map((list) => [...list]);
  }

  run(): SearchResult {
    this.#extend();
    return { assignments: this.#best, exhaustive: this.#stepsLeft > 0 };
  }

  /** @returns whether all pods are placed */
  #extend(): boolean {
    if (this.#placed.length > this.#best.length) this.#best = [...this.#placed];
    if (this.#placed.length === this.#total) return true;
    for (const [kind, pods] of this.#kinds.entries()) {
      const pod = pods.pop();
      if (pod === undefined) continue;
      const found = this.#tryNodes(pod, kind);
      pods.push(pod);
      if (found) return true;
    }
    return false;
  }

  #tryNodes(pod: PodInfo, kind: number): boolean {
    for (const slot of this.#candidates(pod)) {
      if (this.#stepsLeft <= 0) return false;
      const state = this.#stateWith(kind, slot);
      if (this.#seen.has(state)) continue;
      this.#seen.add(state);
      this.#stepsLeft--;
      this.#engine.snapshot.place(pod, slot);
      this.#placed.push({ pod, slot, kind });
      const found = this.#extend();
      this.#placed.pop();
      this.#engine.snapshot.remove(pod);
      if (found) return true;
    }
    return false;
  }

  /** Best first. */
  #candidates(pod: PodInfo): number[] {
    if (this.#stepsLeft <= 0) return [];
    const slots = this.#engine.rankedNodes(pod);
    return this.#limit === undefined ? slots : slots.filter(this.#limit);
  }

  #stateWith(kind: number, slot: number): string {
    return [...this.#placed.map((placed) => `${placed.kind}@${placed.slot}`), `${kind}@${slot}`]
      .sort()
      .join();
  }
}
