import type { Clock } from '../../model/clock.ts';
import { nearestBeat } from '../../model/nearest-beat.ts';

/** What made a talk end otherwise than well: answers it, or throws it, as who had asked once would get it. */
export type Unwell<T> = () => Promise<T>;

export interface RepeatedTalk<T> {
  /** @param onEnd told, perhaps at once, nothing when all is well */
  begin(onEnd: (unwell: Unwell<T> | undefined) => void): void;
  giveUp(): void;
}

interface Resting {
  /** Has the talk, and comes back on a later beat when all is well. */
  begin(): void;
}

interface Beat {
  readonly resting: Set<Resting>;
  readonly nobody: AbortController;
}

/** One that is made for each beat that nobody waits for any more costs more than the rest of it. */
const NOBODY = new Error('nobody waits for this beat any more');

/**
 * Has many talks on common beats for as long as all is well with each. What is asked of a container that is what it is to be, several times a second on a full
 * node, and forgotten: that costs one timer for all that are due, and no promise, listener or closure for each.
 */
export class RestingTalks {
  readonly #clock: Clock;
  readonly #beats = new Map<number, Beat>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param beat.at when first; then in every period
   * @returns when the one began that did not go well, and what came of it
   * @throws the signal's reason when aborted
   */
  async rest<T>(
    talk: RepeatedTalk<T>,
    { at, periodMs }: { readonly at: number; readonly periodMs: number },
    { signal }: { signal: AbortSignal },
  ): Promise<{ readonly beganAt: number; readonly unwell: Unwell<T> }> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<{ beganAt: number; unwell: Unwell<T> }>();
    let beganAt = 0;
    let nextAt = at;
    const onEnd = (unwell: Unwell<T> | undefined): void => {
      if (unwell !== undefined) return resolve({ beganAt, unwell });
      nextAt = nearestBeat(beganAt + periodMs, periodMs);
      this.#await(nextAt, resting);
    };
    const resting: Resting = {
      begin: () => {
        beganAt = this.#clock.now();
        talk.begin(onEnd);
      },
    };
    const onAbort = (): void => {
      this.#forget(nextAt, resting);
      talk.giveUp();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#await(nextAt, resting);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #await(at: number, resting: Resting): void {
    const present = this.#beats.get(at);
    if (present !== undefined) {
      present.resting.add(resting);
      return;
    }
    const beat: Beat = { resting: new Set([resting]), nobody: new AbortController() };
    this.#beats.set(at, beat);
    const options = { signal: beat.nobody.signal };
    this.#clock.sleep(at - this.#clock.now(), options).then(
      () => this.#sound(at, beat),
      () => {},
    );
  }

  #forget(at: number, resting: Resting): void {
    const beat = this.#beats.get(at);
    if (beat?.resting.delete(resting) !== true || beat.resting.size > 0) return;
    this.#beats.delete(at);
    beat.nobody.abort(NOBODY);
  }

  #sound(at: number, { resting }: Beat): void {
    this.#beats.delete(at);
    for (const one of resting) one.begin();
  }
}
