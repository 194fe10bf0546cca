/** What a pod can find at most in the squares of a grid of free CPU and memory. */
import type { DefaultScoreTerms } from './default-scores.ts';
import { SIDE } from './free-grid.ts';

/** What the pod needs to be let in; minus infinity where it does not matter. */
export interface Needs {
  readonly cpu: number;
  readonly memory: number;
}

/** Sums of products are never farther off than this. */
const SLACK = 1e-6;

/** One resource of nodes of one capacity, by cell: the amount free in a cell is from its number on times capacity / SIDE. */
class FreeAxis {
  /** Percent that are left with the pod, at least and at most. */
  readonly least = new Float64Array(SIDE);
  readonly most = new Float64Array(SIDE);
  /** The points of LeastAllocated, at most. */
  readonly points = new Float64Array(SIDE);
  /** From which cell on nodes may suit, and from which on they do. */
  readonly maySuit: number;
  readonly suit: number;

  constructor(capacity: number, need: number, added: number, assumed: number) {
    const percent = capacity === 0 ? 0 : 100 / capacity;
    let maySuit = SIDE;
    let suit = SIDE;
    for (let cell = SIDE - 1; cell >= 0; cell--) {
      const low = cell === 0 ? Number.NEGATIVE_INFINITY : (cell * capacity) / SIDE;
      const high = ((cell + 1) * capacity) / SIDE;
      if (high >= need) maySuit = cell;
      if (low >= need) suit = cell;
      this.least[cell] = cell === 0 ? 0 : Math.max(0, (low - added) * percent);
      this.most[cell] = Math.max(0, (high - added) * percent);
      this.points[cell] = Math.max(0, Math.floor((high - assumed) * percent + SLACK));
    }
    this.maySuit = maySuit;
    this.suit = suit;
  }
}

export class FreeBounds {
  readonly #cpu: FreeAxis;
  readonly #memory: FreeAxis;
  readonly #terms: DefaultScoreTerms;
  /** Where there is none of a resource, the other's points count alone. */
  readonly #shift: 0 | 1;

  constructor(capacityCpu: number, capacityMemory: number, needs: Needs, terms: DefaultScoreTerms) {
    this.#cpu = new FreeAxis(capacityCpu, needs.cpu, terms.cpu, terms.assumedCpu);
    this.#memory = new FreeAxis(capacityMemory, needs.memory, terms.memory, terms.assumedMemory);
    this.#terms = terms;
    this.#shift = capacityCpu === 0 || capacityMemory === 0 ? 0 : 1;
  }

  /** Whether nothing fits that is free in a square, of which the cell with the most is told. */
  noneSuits(x: number, y: number): boolean {
    return x < this.#cpu.maySuit || y < this.#memory.maySuit;
  }

  /** Whether all of a square fits, of which the cell with the least is told. */
  allSuit(x: number, y: number): boolean {
    return x >= this.#cpu.suit && y >= this.#memory.suit;
  }

  /** What a node of the square from cell `x0`, `y0` to `x1`, `y1` scores at most; minus infinity when none suits. */
  most(x0: number, y0: number, x1: number, y1: number): number {
    if (this.noneSuits(x1, y1)) return Number.NEGATIVE_INFINITY;
    const [cpu, memory] = [this.#cpu, this.#memory];
    const { leastWeight, balancedWeight } = this.#terms;
    const points = ((cpu.points[x1] ?? 0) + (memory.points[y1] ?? 0)) >> this.#shift;
    const apart = Math.max(
      0,
      (cpu.least[x0] ?? 0) - (memory.most[y1] ?? 0),
      (memory.least[y0] ?? 0) - (cpu.most[x1] ?? 0),
    );
    const balanced = this.#shift === 0 ? 100 : Math.floor(100 - apart * 0.5 + SLACK);
    return leastWeight * points + balancedWeight * balanced;
  }
}
