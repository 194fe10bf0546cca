/** Goes over all nodes for one pod. Its arrays are used again for the next. */
import type { RejectionCount } from './decision.ts';
import type { NodeRanking } from './fast/node-ranking.ts';
import type { Steps } from './fast/shape-plan.ts';
import { normaliseScores } from './normalise.ts';
import type { SeededRandom } from './random.ts';
import type { ClusterSnapshot } from './snapshot.ts';

export interface ScannedChoice {
  readonly place: number;
  readonly score: number;
  readonly ties: number;
}

export class NodeScan {
  /** The nodes that are left. */
  nodes = new Int32Array(0);
  #count = 0;
  #totals = new Float64Array(0);
  #scores = new Float64Array(0);
  readonly #snapshot: ClusterSnapshot;

  constructor(snapshot: ClusterSnapshot) {
    this.#snapshot = snapshot;
  }

  /** Leaves the nodes that suit; who turned how many away is added to `rejections`. @returns how many are left */
  filter({ filters }: Steps, rejections: RejectionCount[]): number {
    const { live, count } = this.#snapshot.nodes;
    this.#reserve();
    this.nodes.set(live.subarray(0, count));
    let left = count;
    for (const { plugin, step } of filters) {
      const kept = step.narrow(this.nodes, left);
      if (kept < left) rejections.push({ plugin, nodes: left - kept });
      left = kept;
      if (left === 0) break;
    }
    this.#count = left;
    return left;
  }

  /** As `filter`, of the nodes that are known to suit by themselves. */
  filterRanked(ranking: NodeRanking, { clusterFilters }: Steps): number {
    this.#reserve();
    let left = ranking.list(this.nodes);
    for (const { step } of clusterFilters) left = step.narrow(this.nodes, left);
    this.#count = left;
    return left;
  }

  #reserve(): void {
    const { capacity } = this.#snapshot.nodes;
    if (this.nodes.length >= capacity) return;
    this.nodes = new Int32Array(capacity);
    this.#totals = new Float64Array(capacity);
    this.#scores = new Float64Array(capacity);
  }

  keep(test: (node: number) => boolean): number {
    let kept = 0;
    for (let index = 0; index < this.#count; index++) {
      const node = this.nodes[index] ?? 0;
      if (test(node)) this.nodes[kept++] = node;
    }
    this.#count = kept;
    return kept;
  }

  /** One of the nodes with the best score, by its place in `nodes`; there must be nodes left. */
  choose({ scores }: Steps, random: SeededRandom): ScannedChoice {
    this.#totals.fill(0, 0, this.#count);
    this.#add(scores);
    return this.#best(random);
  }

  /** As `choose`, after `filterRanked`. */
  chooseRanked(ranking: NodeRanking, { clusterScores }: Steps, random: SeededRandom): ScannedChoice {
    ranking.sumScores(this.nodes, this.#count, this.#totals);
    this.#add(clusterScores);
    return this.#best(random);
  }

  /** The nodes that are left, the best first, equal ones as they were. */
  rank({ scores }: Steps): number[] {
    this.#totals.fill(0, 0, this.#count);
    this.#add(scores);
    const places = Array.from({ length: this.#count }, (_, index) => index);
    places.sort((a, b) => (this.#totals[b] ?? 0) - (this.#totals[a] ?? 0) || a - b);
    return places.map((place) => this.nodes[place] ?? 0);
  }

  #add(scores: Steps['scores']): void {
    for (const { weight, step } of scores) {
      const uniform = step.uniform?.();
      if (uniform !== undefined) {
        if (uniform !== 0) addToAll(this.#totals, weight * uniform, this.#count);
        continue;
      }
      step.score(this.nodes, this.#count, this.#scores);
      normaliseScores(step.normalisation, this.nodes, this.#count, this.#scores);
      addWeighted(this.#totals, weight, this.#scores, this.#count);
    }
  }

  #best(random: SeededRandom): ScannedChoice {
    const score = largestOf(this.#totals, this.#count);
    const ties = countOf(score, this.#totals, this.#count);
    const nth = ties > 1 ? random.below(ties) : 0;
    return { place: placeOf(score, nth, this.#totals, this.#count), score, ties };
  }
}

function largestOf(values: Float64Array, count: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < count; index++) largest = Math.max(largest, values[index] as number);
  return largest;
}

function countOf(wanted: number, values: Float64Array, count: number): number {
  let found = 0;
  for (let index = 0; index < count; index++) found += values[index] === wanted ? 1 : 0;
  return found;
}

/** Where the value stands for the nth time, from 0 on. */
function placeOf(wanted: number, nth: number, values: Float64Array, count: number): number {
  let place = values.indexOf(wanted);
  for (let passed = 0; passed < nth && place < count; passed++) place = values.indexOf(wanted, place + 1);
  return place;
}

function addWeighted(totals: Float64Array, weight: number, scores: Float64Array, count: number): void {
  for (let index = 0; index < count; index++) {
    totals[index] = (totals[index] as number) + weight * (scores[index] as number);
  }
}

function addToAll(totals: Float64Array, amount: number, count: number): void {
  for (let index = 0; index < count; index++) totals[index] = (totals[index] as number) + amount;
}
