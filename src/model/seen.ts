/** Tells what comes again. Most lists have one item: a set would cost more than that. */
export class Seen<T> {
  #isEmpty = true;
  #first: T | undefined;
  #all: Set<T> | undefined;

  /** @param before what has come already */
  constructor(before?: Iterable<T>) {
    if (before === undefined) return;
    this.#isEmpty = false;
    this.#all = new Set(before);
  }

  /** Whether a value has come before; now it has. */
  again(value: T): boolean {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      this.#first = value;
      return false;
    }
    this.#all ??= new Set([this.#first as T]);
    return this.#all.size === this.#all.add(value).size;
  }
}
