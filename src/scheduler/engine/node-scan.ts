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
    const count = this.#count;
    const totals = this.#totals;
    const raw = this.#scores;
    for (const { weight, step } of scores) {
      const uniform = step.uniform?.();
      if (uniform !== undefined) {
        for (let index = 0; index < count; index++)
          totals[index] = (totals[index] as number) + weight * uniform;
        continue;
      }
      step.score(this.nodes, count, raw);
      normaliseScores(step.normalisation, this.nodes, count, raw);
      for (let index = 0; index < count; index++) {
        totals[index] = (totals[index] as number) + weight * (raw[index] as number);
      }
    }
  }

  #best(random: SeededRandom): ScannedChoice {
    const count = this.#count;
    const totals = this.#totals;
    let score = Number.NEGATIVE_INFINITY;
    let ties = 0;
    for (let index = 0; index < count; index++) {
      const total = totals[index] as number;
      if (total > score) {
        score = total;
        ties = 1;
      } else if (total === score) ties++;
    }
    return { place: this.#pick(score, ties > 1 ? random.below(ties) : 0), score, ties };
  }

  /** The place of the nth node of that score, from 0 on. */
  #pick(score: number, nth: number): number {
    let passed = 0;
    for (let index = 0; index < this.#count; index++) {
      if (this.#totals[index] !== score) continue;
      if (passed === nth) return index;
      passed++;
    }
    return 0;
  }
}
