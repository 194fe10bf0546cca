import type { ClusterSnapshot } from '../snapshot.ts';
import { isExact } from './default-scores.ts';
import { FreeIndex } from './free-index.ts';
import type { FreeWish } from './free-wish.ts';

const MAX_INDEXES = 8;

/** The indexes used last; pods whose other wishes agree share one. */
export class FreeIndexes {
  readonly #snapshot: ClusterSnapshot;
  /** The newest last. */
  #indexes: { readonly index: FreeIndex; uses: number }[] = [];

  constructor(snapshot: ClusterSnapshot) {
    this.#snapshot = snapshot;
  }

  /** An index that has caught up, from a wish's third use on: it is not worth it for few. */
  for(wish: FreeWish): FreeIndex | undefined {
    if (!isExact(this.#snapshot.nodes)) return undefined;
    const entry = this.#indexes.find(({ index }) => index.isFor(wish)) ?? {
      index: new FreeIndex(this.#snapshot, wish),
      uses: 0,
    };
    entry.uses++;
    this.#indexes = [...this.#indexes.filter((other) => other !== entry), entry].slice(-MAX_INDEXES);
    return entry.uses > 2 && entry.index.catchUp() ? entry.index : undefined;
  }
}
