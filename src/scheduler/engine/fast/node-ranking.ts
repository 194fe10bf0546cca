/**
 * All nodes by their score for pods of one shape. After a pod was placed only its node's score is new, so that the
 * next pod of the shape costs no scan.
 */
import { normaliseOne } from '../normalise.ts';
import type { RejectionCount } from '../decision.ts';
import type { SeededRandom } from '../random.ts';
import type { ClusterSnapshot } from '../snapshot.ts';
import { grownFloats, grownInts } from '../state/growing-arrays.ts';
import { ScoreGroup, type ScoreBucket } from './score-bucket.ts';
import type { Steps, WeightedScore } from './shape-plan.ts';

/** With more, going over the groups would cost as much as a scan. */
const MAX_GROUPS = 64;

export interface RankedChoice {
  readonly node: number;
  readonly score: number;
  readonly ties: number;
}

export class NodeRanking {
  readonly #snapshot: ClusterSnapshot;
  readonly #steps: Steps;
  readonly #plain: readonly WeightedScore[];
  readonly #normalised: readonly WeightedScore[];
  #groups = new Map<string, ScoreGroup>();
  #buckets: (ScoreBucket | undefined)[] = [];
  #places = new Int32Array(0);
  /** By slot: which filter turned it away, from 1 on; 0 for none. */
  #rejectedBy = new Int32Array(0);
  #rejections: number[] = [];
  /** The nodes that suit, without gaps, and where in the list each is. */
  #suitable = new Int32Array(0);
  #listed = new Int32Array(0);
  #feasible = 0;
  /** By slot: the sum of the scores that are not normalised, and the group's number. */
  #sums = new Float64Array(0);
  #groupOf = new Int32Array(0);
  #position = -1;
  readonly #one = new Int32Array(1);
  readonly #oneScore = new Float64Array(1);

  constructor(snapshot: ClusterSnapshot, steps: Steps) {
    this.#snapshot = snapshot;
    this.#steps = steps;
    this.#plain = steps.scores.filter(({ step }) => step.normalisation === 'none');
    this.#normalised = steps.scores.filter(({ step }) => step.normalisation !== 'none');
  }

  get feasible(): number {
    return this.#feasible;
  }

  /** Writes the nodes that suit by themselves to `nodes`. @returns how many they are */
  list(nodes: Int32Array): number {
    nodes.set(this.#suitable.subarray(0, this.#feasible));
    return this.#feasible;
  }

  /** Writes the score of each of `nodes[0..count)`, as it is when these are the ones to choose from. */
  sumScores(nodes: Int32Array, count: number, totals: Float64Array): void {
    const sums = this.#sums;
    if (this.#normalised.length === 0) {
      for (let index = 0; index < count; index++) totals[index] = sums[nodes[index] as number] as number;
      return;
    }
    const groups = [...this.#groups.values()];
    const present = new Uint8Array(groups.length);
    const groupOf = this.#groupOf;
    for (let index = 0; index < count; index++) present[groupOf[nodes[index] as number] as number] = 1;
    const largest = this.#largestOf(groups.filter((_, index) => present[index] === 1));
    const added = Float64Array.from(groups, ({ raw }) => this.#normalisedScore(raw, largest));
    for (let index = 0; index < count; index++) {
      const node = nodes[index] as number;
      totals[index] = (sums[node] as number) + (added[groupOf[node] as number] as number);
    }
  }

  /** Takes in what changed. @returns whether the ranking can be used */
  catchUp(): boolean {
    if (this.#normalised.some(({ step }) => typeof step.normalisation === 'function')) return false;
    const { changes, nodes } = this.#snapshot;
    const changed = this.#position < 0 ? undefined : changes.since(this.#position);
    if (changed === undefined || changed.length > nodes.count) this.#rebuild();
    else for (const node of changed) this.#refresh(node);
    this.#position = changes.end;
    return this.#groups.size <= MAX_GROUPS;
  }

  /** One of the best nodes, each as likely; nothing when no node suits. */
  choose(random: SeededRandom): RankedChoice | undefined {
    const groups = [...this.#groups.values()].filter((group) => group.best() !== undefined);
    const largest = this.#largestOf(groups);
    let best = Number.NEGATIVE_INFINITY;
    let buckets: ScoreBucket[] = [];
    for (const group of groups) {
      const bucket = group.best();
      if (bucket === undefined) continue;
      const score = bucket.score + this.#normalisedScore(group.raw, largest);
      if (score > best) buckets = [];
      if (score >= best) buckets.push(bucket);
      best = Math.max(best, score);
    }
    const ties = buckets.reduce((sum, { nodes }) => sum + nodes.length, 0);
    let place = ties > 1 ? random.below(ties) : 0;
    for (const { nodes } of buckets) {
      const node = nodes[place];
      if (node !== undefined) return { node, score: best, ties };
      place -= nodes.length;
    }
    return undefined;
  }

  rejections(): RejectionCount[] {
    return this.#steps.filters.flatMap(({ plugin }, index) => {
      const nodes = this.#rejections[index + 1] ?? 0;
      return nodes > 0 ? [{ plugin, nodes }] : [];
    });
  }

  #largestOf(groups: readonly ScoreGroup[]): number[] {
    return this.#normalised.map((_, index) =>
      groups.reduce((most, { raw }) => Math.max(most, raw[index] ?? 0), 0),
    );
  }

  #normalisedScore(raw: readonly number[], largest: readonly number[]): number {
    return this.#normalised.reduce((sum, { weight, step }, index) => {
      const normalised = normaliseOne(step.normalisation, raw[index] ?? 0, largest[index] ?? 0);
      return sum + weight * normalised;
    }, 0);
  }

  #rebuild(): void {
    const { nodes } = this.#snapshot;
    this.#groups = new Map();
    this.#buckets = [];
    this.#rejections = [];
    this.#rejectedBy = new Int32Array(nodes.capacity);
    this.#places = new Int32Array(nodes.capacity);
    this.#suitable = new Int32Array(nodes.capacity);
    this.#listed = new Int32Array(nodes.capacity);
    this.#groupOf = new Int32Array(nodes.capacity);
    this.#sums = new Float64Array(nodes.capacity);
    this.#feasible = 0;
    for (let index = 0; index < nodes.count; index++) this.#insert(nodes.live[index] ?? 0);
  }

  #refresh(node: number): void {
    const { infos, capacity } = this.#snapshot.nodes;
    if (this.#places.length < capacity) this.#grow(capacity);
    this.#take(node);
    if (infos[node] !== undefined) this.#insert(node);
  }

  #grow(capacity: number): void {
    this.#places = grownInts(this.#places, capacity);
    this.#rejectedBy = grownInts(this.#rejectedBy, capacity);
    this.#suitable = grownInts(this.#suitable, capacity);
    this.#listed = grownInts(this.#listed, capacity);
    this.#groupOf = grownInts(this.#groupOf, capacity);
    this.#sums = grownFloats(this.#sums, capacity);
  }

  #take(node: number): void {
    const rejectedBy = this.#rejectedBy[node] ?? 0;
    if (rejectedBy > 0) this.#rejections[rejectedBy] = (this.#rejections[rejectedBy] ?? 0) - 1;
    this.#rejectedBy[node] = 0;
    const bucket = this.#buckets[node];
    if (bucket === undefined) return;
    bucket.group.remove(bucket, node, this.#places);
    this.#buckets[node] = undefined;
    const last = this.#suitable[--this.#feasible] ?? 0;
    const listed = this.#listed[node] ?? 0;
    this.#suitable[listed] = last;
    this.#listed[last] = listed;
  }

  #insert(node: number): void {
    const rejectedBy = this.#filter(node);
    this.#rejectedBy[node] = rejectedBy;
    if (rejectedBy > 0) {
      this.#rejections[rejectedBy] = (this.#rejections[rejectedBy] ?? 0) + 1;
      return;
    }
    const score = this.#plain.reduce((sum, { weight, step }) => sum + weight * this.#score(step, node), 0);
    const raw = this.#normalised.map(({ step }) => this.#score(step, node));
    const key = raw.join();
    const group = this.#groups.get(key) ?? new ScoreGroup(raw, this.#groups.size);
    this.#groups.set(key, group);
    this.#buckets[node] = group.add(node, score, this.#places);
    this.#sums[node] = score;
    this.#groupOf[node] = group.index;
    this.#listed[node] = this.#feasible;
    this.#suitable[this.#feasible++] = node;
  }

  /** Which filter turns the node away, from 1 on; 0 for none. */
  #filter(node: number): number {
    for (const [index, { step }] of this.#steps.filters.entries()) {
      this.#one[0] = node;
      if (step.narrow(this.#one, 1) === 0) return index + 1;
    }
    return 0;
  }

  #score(step: WeightedScore['step'], node: number): number {
    this.#one[0] = node;
    step.score(this.#one, 1, this.#oneScore);
    return this.#oneScore[0] ?? 0;
  }
}
