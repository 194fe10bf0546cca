/**
 * All nodes by what is free of CPU and memory, for pods that differ in what they ask for: the best node is found
 * without a look at each. Nodes that answer alike to the pods' other wishes, and are of one size, share a grid.
 */
import { normaliseOne } from '../normalise.ts';
import type { SeededRandom } from '../random.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import type { NodeColumn } from '../state/node-column.ts';
import type { NodeInfo } from '../state/node-info.ts';
import { DIGEST, FREE_CPU, FREE_MEMORY, FREE_PODS, LIKELY_CPU, LIKELY_MEMORY } from '../state/node-table.ts';
import { CPU, MEMORY } from '../state/resource-table.ts';
import { FreeBounds } from './free-bounds.ts';
import { FreeGrid, type FreeState, SIDE } from './free-grid.ts';
import { FreeSearch } from './free-search.ts';
import type { ColumnScore, FreeWish } from './free-wish.ts';

/** With more, going over the grids would cost as much as a scan. */
const MAX_CLASSES = 64;

export interface FreeChoice {
  readonly node: number;
  readonly score: number;
  readonly ties: number;
  readonly feasible: number;
}

interface NodeClass {
  readonly cpu: number;
  readonly memory: number;
  /** By score column. */
  readonly raw: readonly number[];
  readonly grid: FreeGrid;
}

/** A class with nodes that suit. */
interface Open {
  readonly grid: FreeGrid;
  readonly bounds: FreeBounds;
  readonly raw: readonly number[];
}

export class FreeIndex {
  readonly #snapshot: ClusterSnapshot;
  readonly #filters: readonly NodeColumn[];
  readonly #scores: readonly NodeColumn[];
  readonly #search: FreeSearch;
  #classes = new Map<string, NodeClass>();
  /** By slot. The class follows from the node's object, which is another after each change. */
  #infos: (NodeInfo | undefined)[] = [];
  #classOf: (NodeClass | undefined)[] = [];
  #states: (FreeState | undefined)[] = [];
  #places: number[] = [];
  #position = -1;

  constructor(snapshot: ClusterSnapshot, { filters, scores }: FreeWish) {
    this.#snapshot = snapshot;
    this.#filters = filters;
    this.#scores = scores.map(({ column }) => column);
    this.#search = new FreeSearch(snapshot.nodes);
  }

  /** Whether the index answers pods of that wish. */
  isFor({ filters, scores }: FreeWish): boolean {
    return (
      filters.length === this.#filters.length &&
      scores.length === this.#scores.length &&
      filters.every((column, index) => column === this.#filters[index]) &&
      scores.every(({ column }, index) => column === this.#scores[index])
    );
  }

  /** Takes in what changed. @returns whether the index can be used */
  catchUp(): boolean {
    const { changes, nodes } = this.#snapshot;
    const changed = this.#position < 0 ? undefined : changes.since(this.#position);
    if (changed === undefined || changed.length > nodes.count) this.#rebuild();
    else for (const node of changed) this.#refresh(node);
    this.#position = changes.end;
    return this.#classes.size <= MAX_CLASSES;
  }

  /** One of the best nodes, each as likely; nothing when no node suits. */
  choose({ needs, terms, scores }: FreeWish, random: SeededRandom): FreeChoice | undefined {
    const search = this.#search;
    search.start(needs, terms);
    const open: Open[] = [];
    let feasible = 0;
    for (const { cpu, memory, raw, grid } of this.#classes.values()) {
      if (grid.count === 0) continue;
      const bounds = new FreeBounds(cpu, memory, needs, terms);
      const suitable = grid.countSuitable(bounds, search);
      feasible += suitable;
      if (suitable > 0) open.push({ grid, bounds, raw });
    }
    if (feasible === 0) return undefined;
    const added = addedScores(open, scores);
    for (const [index, { grid, bounds }] of open.entries()) {
      search.enter(added[index] ?? 0);
      grid.search(bounds, search);
    }
    return { ...search.choose(random), feasible };
  }

  #rebuild(): void {
    const { nodes } = this.#snapshot;
    this.#classes = new Map();
    this.#infos = [];
    this.#classOf = [];
    this.#states = [];
    this.#places = [];
    for (let index = 0; index < nodes.count; index++) this.#refresh(nodes.live[index] ?? 0);
  }

  #refresh(node: number): void {
    this.#take(node);
    const { infos, digest } = this.#snapshot.nodes;
    const info = infos[node];
    if (info !== this.#infos[node]) this.#classify(node, info);
    const nodeClass = this.#classOf[node];
    const start = node * DIGEST;
    if (nodeClass === undefined || (digest[start + FREE_PODS] ?? 0) < 1) return;
    const cpu = digest[start + FREE_CPU] ?? 0;
    const memory = digest[start + FREE_MEMORY] ?? 0;
    const key = `${cpu} ${memory} ${digest[start + LIKELY_CPU]} ${digest[start + LIKELY_MEMORY]}`;
    const [x, y] = [cellOf(cpu, nodeClass.cpu), cellOf(memory, nodeClass.memory)];
    const state = nodeClass.grid.add(node, key, x, y);
    this.#states[node] = state;
    this.#places[node] = state.nodes.length - 1;
  }

  #take(node: number): void {
    const state = this.#states[node];
    if (state === undefined) return;
    const place = this.#places[node] ?? 0;
    const last = state.nodes.at(-1) ?? node;
    state.nodes[place] = last;
    this.#places[last] = place;
    this.#classOf[node]?.grid.removeLast(state);
    this.#states[node] = undefined;
  }

  #classify(node: number, info: NodeInfo | undefined): void {
    this.#infos[node] = info;
    const suits = info !== undefined && this.#filters.every(({ values }) => values[node] === 0);
    this.#classOf[node] = suits ? this.#classAt(node) : undefined;
  }

  #classAt(node: number): NodeClass {
    const { allocatable } = this.#snapshot.nodes;
    const cpu = allocatable[CPU]?.[node] ?? 0;
    const memory = allocatable[MEMORY]?.[node] ?? 0;
    const raw = this.#scores.map(({ values }) => values[node] ?? 0);
    const key = [cpu, memory, ...raw].join();
    const known = this.#classes.get(key);
    if (known !== undefined) return known;
    const made = { cpu, memory, raw, grid: new FreeGrid() };
    this.#classes.set(key, made);
    return made;
  }
}

function cellOf(free: number, capacity: number): number {
  if (capacity === 0) return 0;
  return Math.min(SIDE - 1, Math.max(0, Math.floor((free * SIDE) / capacity)));
}

/** What each class gets from the score columns, among these classes. */
function addedScores(classes: readonly Open[], scores: readonly ColumnScore[]): number[] {
  const largest = scores.map((_, index) =>
    classes.reduce((most, { raw }) => Math.max(most, raw[index] ?? 0), 0),
  );
  return classes.map(({ raw }) =>
    scores.reduce((sum, { weight, normalisation }, index) => {
      const own = raw[index] ?? 0;
      const score = normalisation === 'none' ? own : normaliseOne(normalisation, own, largest[index] ?? 0);
      return sum + weight * score;
    }, 0),
  );
}
