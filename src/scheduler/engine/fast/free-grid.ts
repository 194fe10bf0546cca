/**
 * Nodes of one capacity by what is free of CPU and memory: a square of cells, cells in squares of four, these in squares
 * of four, and so on, each with the number of its nodes. What a square's nodes can score at most follows from its
 * borders, so that most squares need no look inside.
 */
import type { FreeBounds } from './free-bounds.ts';

const LEVELS = 6;
/** How many cells there are along CPU, and along memory. */
export const SIDE = 1 << LEVELS;

/** Nodes with the same amounts free: they suit the same pods and score the same. */
export interface FreeState {
  readonly key: string;
  readonly cell: number;
  readonly nodes: number[];
}

/** Is shown the states of cells that may matter; it says which nodes suit, and remembers the best. */
export interface FreeVisitor {
  /** What the best found scores, without what all nodes of the grid get. */
  readonly best: number;
  visit(states: readonly FreeState[]): void;
  countSuitable(states: readonly FreeState[]): number;
}

export class FreeGrid {
  /** By level from the whole square down to the cells, then by row. */
  readonly #counts = Array.from({ length: LEVELS + 1 }, (_, level) => new Int32Array(4 ** level));
  readonly #cells: (FreeState[] | undefined)[] = [];
  readonly #states = new Map<string, FreeState>();

  get count(): number {
    return this.#counts[0]?.[0] ?? 0;
  }

  /** @returns the state that the node is in now */
  add(node: number, key: string, x: number, y: number): FreeState {
    const state = this.#states.get(key) ?? this.#newState(key, x, y);
    state.nodes.push(node);
    this.#count(state.cell, 1);
    return state;
  }

  /** The node must be the last of the state's list. */
  removeLast(state: FreeState): void {
    state.nodes.pop();
    this.#count(state.cell, -1);
    if (state.nodes.length > 0) return;
    this.#states.delete(state.key);
    const states = this.#cells[state.cell] ?? [];
    const last = states.pop();
    if (last !== undefined && last !== state) states[states.indexOf(state)] = last;
  }

  /** How many nodes suit. */
  countSuitable(bounds: FreeBounds, visitor: FreeVisitor, level = 0, x = 0, y = 0): number {
    const count = this.#counts[level]?.[(y << level) + x] ?? 0;
    if (count === 0) return 0;
    const width = SIDE >> level;
    const [left, low] = [x * width, y * width];
    if (bounds.noneSuits(left + width - 1, low + width - 1)) return 0;
    if (bounds.allSuit(left, low)) return count;
    if (level === LEVELS) return visitor.countSuitable(this.#cells[y * SIDE + x] ?? []);
    let sum = 0;
    for (let corner = 0; corner < 4; corner++) {
      sum += this.countSuitable(bounds, visitor, level + 1, 2 * x + (corner & 1), 2 * y + (corner >> 1));
    }
    return sum;
  }

  /** Shows the visitor all nodes that may score as much as its best. */
  search(bounds: FreeBounds, visitor: FreeVisitor, level = 0, x = 0, y = 0): void {
    if (level === LEVELS) {
      visitor.visit(this.#cells[y * SIDE + x] ?? []);
      return;
    }
    const most = [0, 1, 2, 3].map((corner) =>
      this.#mostIn(bounds, level + 1, 2 * x + (corner & 1), 2 * y + (corner >> 1)),
    );
    for (let turn = 0; turn < 4; turn++) {
      const next = indexOfLargest(most);
      const bound = most[next] ?? Number.NEGATIVE_INFINITY;
      if (bound < visitor.best || bound === Number.NEGATIVE_INFINITY) return;
      this.search(bounds, visitor, level + 1, 2 * x + (next & 1), 2 * y + (next >> 1));
      most[next] = Number.NEGATIVE_INFINITY;
    }
  }

  #mostIn(bounds: FreeBounds, level: number, x: number, y: number): number {
    if (this.#counts[level]?.[(y << level) + x] === 0) return Number.NEGATIVE_INFINITY;
    const width = SIDE >> level;
    return bounds.most(x * width, y * width, (x + 1) * width - 1, (y + 1) * width - 1);
  }

  #newState(key: string, x: number, y: number): FreeState {
    const cell = y * SIDE + x;
    const state: FreeState = { key, cell, nodes: [] };
    this.#states.set(key, state);
    const states = this.#cells[cell];
    if (states === undefined) this.#cells[cell] = [state];
    else states.push(state);
    return state;
  }

  #count(cell: number, change: 1 | -1): void {
    let x = cell % SIDE;
    let y = (cell - x) / SIDE;
    for (let level = LEVELS; level >= 0; level--) {
      const counts = this.#counts[level];
      const place = (y << level) + x;
      if (counts) counts[place] = (counts[place] ?? 0) + change;
      x >>= 1;
      y >>= 1;
    }
  }
}

function indexOfLargest([a = 0, b = 0, c = 0, d = 0]: readonly number[]): number {
  if (a >= b && a >= c && a >= d) return 0;
  if (b >= c && b >= d) return 1;
  return c >= d ? 2 : 3;
}
