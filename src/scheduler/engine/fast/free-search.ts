/** Remembers the best of the nodes that a search comes by. */
import type { SeededRandom } from '../random.ts';
import { DIGEST, FREE_CPU, FREE_MEMORY, type NodeTable } from '../state/node-table.ts';
import { addDefaultScores, type DefaultScoreTerms } from './default-scores.ts';
import type { Needs } from './free-bounds.ts';
import type { FreeState, FreeVisitor } from './free-grid.ts';

const NO_NEEDS: Needs = { cpu: Number.NEGATIVE_INFINITY, memory: Number.NEGATIVE_INFINITY };
const NO_TERMS: DefaultScoreTerms = {
  cpu: 0,
  memory: 0,
  assumedCpu: 0,
  assumedMemory: 0,
  leastWeight: 0,
  balancedWeight: 0,
};

export class FreeSearch implements FreeVisitor {
  best = Number.NEGATIVE_INFINITY;
  #bestStates: FreeState[] = [];
  #ties = 0;
  #added = 0;
  #needs = NO_NEEDS;
  #terms = NO_TERMS;
  /** One node of each state of a cell, and its score. */
  #nodes = new Int32Array(0);
  #totals = new Float64Array(0);
  #suiting: FreeState[] = [];
  readonly #table: NodeTable;

  constructor(table: NodeTable) {
    this.#table = table;
  }

  start(needs: Needs, terms: DefaultScoreTerms): void {
    this.#needs = needs;
    this.#terms = terms;
    this.#bestStates = [];
    this.#ties = 0;
    this.#added = 0;
    this.best = Number.NEGATIVE_INFINITY;
  }

  /** All nodes that come next get `added` besides. */
  enter(added: number): void {
    this.best += this.#added - added;
    this.#added = added;
  }

  visit(states: readonly FreeState[]): void {
    const count = this.#filter(states);
    const totals = this.#totals.fill(0, 0, count);
    addDefaultScores(this.#table, this.#terms, this.#nodes, count, totals);
    for (let index = 0; index < count; index++) {
      const score = totals[index] ?? 0;
      const state = this.#suiting[index];
      if (score < this.best || state === undefined) continue;
      if (score > this.best) {
        this.best = score;
        this.#bestStates = [];
        this.#ties = 0;
      }
      this.#bestStates.push(state);
      this.#ties += state.nodes.length;
    }
  }

  countSuitable(states: readonly FreeState[]): number {
    const count = this.#filter(states);
    let sum = 0;
    for (let index = 0; index < count; index++) sum += this.#suiting[index]?.nodes.length ?? 0;
    return sum;
  }

  /** One of the best nodes, each as likely; one must have been found. */
  choose(random: SeededRandom): { node: number; score: number; ties: number } {
    const ties = this.#ties;
    const score = this.best + this.#added;
    let place = ties > 1 ? random.below(ties) : 0;
    for (const { nodes } of this.#bestStates) {
      const node = nodes[place];
      if (node !== undefined) return { node, score, ties };
      place -= nodes.length;
    }
    throw new Error('no node was found');
  }

  #filter(states: readonly FreeState[]): number {
    if (this.#nodes.length < states.length) {
      this.#nodes = new Int32Array(2 * states.length);
      this.#totals = new Float64Array(2 * states.length);
    }
    const { digest } = this.#table;
    const { cpu, memory } = this.#needs;
    let count = 0;
    for (const state of states) {
      const node = state.nodes[0] ?? 0;
      const start = node * DIGEST;
      if (cpu > (digest[start + FREE_CPU] ?? 0) || memory > (digest[start + FREE_MEMORY] ?? 0)) continue;
      this.#nodes[count] = node;
      this.#suiting[count++] = state;
    }
    return count;
  }
}
