/** Who opens streams only to reset them costs us more than himself: so many are borne at once, and then so many a second. */
const BURST = 1000;
const PER_SECOND = 33;

export class ResetBudget {
  #left = BURST;
  #atMs = 0;

  /** @returns whether it is borne */
  spend(nowMs: number): boolean {
    if (this.#atMs > 0) this.#left = Math.min(BURST, this.#left + ((nowMs - this.#atMs) / 1000) * PER_SECOND);
    this.#atMs = nowMs;
    this.#left -= 1;
    return this.#left >= 0;
  }
}
