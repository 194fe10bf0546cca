import type { Clock } from '../model/clock.ts';

interface Expected {
  created: number;
  deleted: number;
  sinceMs: number;
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

  expect(key: string, created: number, deleted: number): void {
    this.#expected.set(key, { created, deleted, sinceMs: this.#clock.now() });
  }

  observed(key: string, what: 'created' | 'deleted'): void {
    const expected = this.#expected.get(key);
    if (expected !== undefined) expected[what] -= 1;
  }

  isFulfilled(key: string): boolean {
    const expected = this.#expected.get(key);
    if (expected === undefined) return true;
    const isSeen = expected.created <= 0 && expected.deleted <= 0;
    return isSeen || this.#clock.now() - expected.sinceMs > TIMEOUT_MS;
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}
