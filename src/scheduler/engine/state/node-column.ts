/** A number per node that follows from the node alone, kept up to date as nodes change. */
import { grownInts } from './growing-arrays.ts';
import type { NodeInfo } from './node-info.ts';
import type { NodeTable } from './node-table.ts';

export class NodeColumn {
  values = new Int32Array(0);
  /** How many nodes have another number than 0. */
  nonZero = 0;
  readonly evaluate: (node: NodeInfo) => number;

  constructor(evaluate: (node: NodeInfo) => number) {
    this.evaluate = evaluate;
  }

  set(slot: number, info: NodeInfo): void {
    this.values = grownInts(this.values, slot + 1);
    this.#write(slot, this.evaluate(info));
  }

  clear(slot: number): void {
    this.#write(slot, 0);
  }

  #write(slot: number, value: number): void {
    if (this.values[slot] !== 0) this.nonZero--;
    if (value !== 0) this.nonZero++;
    this.values[slot] = value;
  }
}

/** As many as a busy cluster's templates need; the ones used longest ago go first. */
const MAX_COLUMNS = 512;

/** Columns by key, so that pods of the same wishes share one. */
export class NodeColumns {
  readonly #columns = new Map<string, NodeColumn>();
  /** Columns that counters lean on: they stay. */
  readonly #pinned = new Map<string, NodeColumn>();
  readonly #nodes: NodeTable;
  #forgot = false;
  /** Changes when columns that were given out are no longer kept up to date. */
  generation = 0;

  constructor(nodes: NodeTable) {
    this.#nodes = nodes;
  }

  /** The key says all that `evaluate` depends on. */
  get(key: string, evaluate: (node: NodeInfo) => number): NodeColumn {
    const known = this.#columns.get(key);
    if (known !== undefined) {
      this.#columns.delete(key);
      this.#columns.set(key, known);
      return known;
    }
    const column = this.#pinned.get(key) ?? this.#fill(evaluate);
    this.#columns.set(key, column);
    if (this.#columns.size > MAX_COLUMNS) {
      const [oldest] = this.#columns.keys();
      if (oldest !== undefined) this.#columns.delete(oldest);
      this.#forgot = true;
    }
    return column;
  }

  getPinned(key: string, evaluate: (node: NodeInfo) => number): NodeColumn {
    const column = this.#pinned.get(key) ?? this.get(key, evaluate);
    this.#pinned.set(key, column);
    return column;
  }

  set(slot: number, info: NodeInfo): void {
    this.#renew();
    for (const column of this.#all()) column.set(slot, info);
  }

  clear(slot: number): void {
    this.#renew();
    for (const column of this.#all()) column.clear(slot);
  }

  /** A node's number in every column, by the column's key. */
  describe(slot: number): Record<string, number> {
    const all = [...this.#columns, ...this.#pinned];
    return Object.fromEntries(all.map(([key, { values }]) => [key, values[slot] ?? 0]));
  }

  #renew(): void {
    if (this.#forgot) this.generation++;
    this.#forgot = false;
  }

  #all(): Set<NodeColumn> {
    return new Set([...this.#columns.values(), ...this.#pinned.values()]);
  }

  #fill(evaluate: (node: NodeInfo) => number): NodeColumn {
    const column = new NodeColumn(evaluate);
    const { live, count } = this.#nodes;
    column.values = new Int32Array(this.#nodes.capacity);
    for (let index = 0; index < count; index++) {
      const slot = live[index] ?? 0;
      column.set(slot, this.#nodes.info(slot));
    }
    return column;
  }
}
