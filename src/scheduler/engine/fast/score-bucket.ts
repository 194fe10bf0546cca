/** Nodes of equal score, in no order; each knows its place, so that it leaves at once. */
export class ScoreBucket {
  readonly score: number;
  readonly group: ScoreGroup;
  readonly nodes: number[] = [];

  constructor(score: number, group: ScoreGroup) {
    this.score = score;
    this.group = group;
  }
}

/** Nodes whose raw scores agree in all plugins that are normalised, in buckets by the sum of the other scores. */
export class ScoreGroup {
  /** By normalised plugin. */
  readonly raw: readonly number[];
  readonly index: number;
  readonly #buckets = new Map<number, ScoreBucket>();
  /** Ascending; buckets of these scores are not empty. */
  readonly #scores: number[] = [];

  constructor(raw: readonly number[], index: number) {
    this.raw = raw;
    this.index = index;
  }

  best(): ScoreBucket | undefined {
    const score = this.#scores.at(-1);
    return score === undefined ? undefined : this.#buckets.get(score);
  }

  add(node: number, score: number, places: Int32Array): ScoreBucket {
    const bucket = this.#buckets.get(score) ?? new ScoreBucket(score, this);
    this.#buckets.set(score, bucket);
    if (bucket.nodes.length === 0) this.#scores.splice(this.#placeOf(score), 0, score);
    places[node] = bucket.nodes.length;
    bucket.nodes.push(node);
    return bucket;
  }

  remove(bucket: ScoreBucket, node: number, places: Int32Array): void {
    const last = bucket.nodes.pop();
    if (last !== undefined && last !== node) {
      const place = places[node] ?? 0;
      bucket.nodes[place] = last;
      places[last] = place;
    }
    if (bucket.nodes.length === 0) this.#scores.splice(this.#placeOf(bucket.score), 1);
  }

  /** Where the score is, or belongs. */
  #placeOf(score: number): number {
    let low = 0;
    let high = this.#scores.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#scores[middle] ?? 0) < score) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
