import type { Clock } from '../model/clock.ts';

interface Expected {
  created: number;
  /** Their uids. */
  readonly deleted: Set<string>;
  readonly sinceMs: number;
}

/** As long as this, an answer that does not come is waited for. */
const TIMEOUT_MS = 5 * 60_000;

/**
 * What a controller has done and not seen yet in its copy: until it has, the copy must not be counted on.
 * @see kubernetes/pkg/controller/controller_utils.go ControllerExpectations
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #expected = new Map<string, Expected>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param deleted uids */
  expect(key: string, created: number, deleted: Iterable<string>): void {
    this.#expected.set(key, { created, deleted: new Set(deleted), sinceMs: this.#clock.now() });
  }

  observedCreation(key: string): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected.created -= 1;
  }

  /** However often it is seen, and in whatever form. */
  observedDeletion(key: string, uid: string): void {
    this.#expected.get(key)?.deleted.delete(uid);
  }

  isFulfilled(key: string): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    const isSeen = expected.created <= 0 && expected.deleted.size === 0;
    return isSeen || this.#clock.now() - expected.sinceMs > TIMEOUT_MS;
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
