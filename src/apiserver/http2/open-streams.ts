import type { Http2Stream } from './http2-stream.ts';

/**
 * The streams of a connection. Few are open at a time, and each for a short while: of a map that is always filled and emptied V8 makes
 * ever new tables, each reached from the one before, and whole requests would lie in memory as long as the first.
 */
export class OpenStreams implements Iterable<Http2Stream> {
  readonly #streams: Http2Stream[] = [];

  get size(): number {
    return this.#streams.length;
  }

  get(id: number): Http2Stream | undefined {
    // The newest is asked for most.
    for (let index = this.#streams.length - 1; index >= 0; index -= 1)
      if (this.#streams[index]?.id === id) return this.#streams[index];
    return undefined;
  }

  add(stream: Http2Stream): void {
    this.#streams.push(stream);
  }

  delete(stream: Http2Stream): void {
    const index = this.#streams.lastIndexOf(stream);
    if (index >= 0) this.#streams.splice(index, 1);
  }

  /** Those that are open now, whatever becomes of them. */
  all(): readonly Http2Stream[] {
    return this.#streams.slice();
  }

  [Symbol.iterator](): Iterator<Http2Stream> {
    return this.#streams[Symbol.iterator]();
  }
}
