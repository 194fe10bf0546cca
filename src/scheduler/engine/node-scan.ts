/** Goes over all nodes for one pod. Its arrays are used again for the next. */
import type { RejectionCount } from './decision.ts';
import { addDefaultScores, isExact } from './fast/default-scores.ts';
import { termsOf } from './fast/free-wish.ts';
import type { NodeRanking } from './fast/node-ranking.ts';
import type { Steps } from './fast/shape-plan.ts';
import { normaliseScores } from './normalise.ts';
import type { PodShape } from './pod/pod-shape.ts';
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
  #requests: ReturnType<typeof termsOf> = { cpu: 0, memory: 0, assumedCpu: 0, assumedMemory: 0 };

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
  choose({ scores }: Steps, shape: PodShape, random: SeededRandom): ScannedChoice {
    this.#requests = termsOf(shape);
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
  rank({ scores }: Steps, shape: PodShape): number[] {
    this.#requests = termsOf(shape);
    this.#totals.fill(0, 0, this.#count);
    this.#add(scores);
    const places = Array.from({ length: this.#count }, (_, index) => index);
    places.sort((a, b) => (this.#totals[b] ?? 0) - (this.#totals[a] ?? 0) || a - b);
    return places.map((place) => this.nodes[place] ?? 0);
  }

  #add(scores: Steps['scores']): void {
    for (const { weight, step } of this.#addFused(scores)) {
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

  /** @returns the scores that are still to be added */
  #addFused(scores: Steps['scores']): Steps['scores'] {
    const { nodes } = this.#snapshot;
    const least = scores.find(({ step }) => step.fused === 'least-allocated');
    const balanced = scores.find(({ step }) => step.fused === 'balanced');
    if (least === undefined || balanced === undefined || !isExact(nodes)) return scores;
    const terms = { ...this.#requests, leastWeight: least.weight, balancedWeight: balanced.weight };
    addDefaultScores(nodes, terms, this.nodes, this.#count, this.#totals);
    return scores.filter((score) => score !== least && score !== balanced);
  }

  #best(random: SeededRandom): ScannedChoice {
    let score = Number.NEGATIVE_INFINITY;
    let ties = 0;
    const totals = this.#totals;
    const count = this.#count;
    for (let index = 0; index < count; index++) {
      const total = totals[index] as number;
      if (total < score) continue;
      ties = total > score ? 1 : ties + 1;
      score = total;
    }
    return { place: placeOf(score, ties > 1 ? random.below(ties) : 0, totals, count), score, ties };
  }
}

/** Where the value stands for the nth time, from 0 on. */
function placeOf(wanted: number, nth: number, values: Float64Array, count: number): number {
  let passed = 0;
  for (let index = 0; index < count; index++) {
    if (values[index] !== wanted) continue;
    if (passed === nth) return index;
    passed++;
  }
  return 0;
}

function addWeighted(totals: Float64Array, weight: number, scores: Float64Array, count: number): void {
  for (let index = 0; index < count; index++) {
    totals[index] = (totals[index] as number) + weight * (scores[index] as number);
  }
}

function addToAll(totals: Float64Array, amount: number, count: number): void {
  for (let index = 0; index < count; index++) totals[index] = (totals[index] as number) + amount;
}
