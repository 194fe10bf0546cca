/** Which nodes changed, in order, so that a cache can catch up. A node that left or came is a change too. */
export class ChangeLog {
  #slots: number[] = [];
  #base = 0;

  /** Where a reader that knows everything stands. */
  get end(): number {
    return this.#base + this.#slots.length;
  }

  push(slot: number, nodeCount: number): void {
    this.#slots.push(slot);
    if (this.#slots.length > 8 * nodeCount + 4096) {
      const half = this.#slots.length >> 1;
      this.#base += half;
      this.#slots = this.#slots.slice(half);
    }
  }

  /** The changes from `position` on; nothing when they are forgotten. */
  since(position: number): readonly number[] | undefined {
    if (position < this.#base) return undefined;
    return position === this.#base ? this.#slots : this.#slots.slice(position - this.#base);
  }
}
