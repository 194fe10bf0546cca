import { PassThrough, type Readable } from 'node:stream';

/** How long output may still come after its process has ended: another one may hold the pipe for ever. */
const QUIET_MS = 100;

/**
 * The output of a process, which ends with it: at the end of the pipe, or, once `finish` was called, when nothing
 * more comes, whoever still holds the other end.
 */
export class DrainingOutput {
  readonly stream = new PassThrough();
  readonly #source: Readable;
  #lastChunkAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #ended = Promise.withResolvers<void>();

  constructor(source: Readable) {
    this.#source = source;
    source.on('data', () => {
      this.#lastChunkAt = performance.now();
    });
    // EIO: how a terminal says that nobody holds its other end any more.
    source.on('error', () => this.#end());
    source.on('end', () => this.#end());
    source.pipe(this.stream, { end: false });
    this.stream.once('close', () => this.#end());
  }

  /** The process has ended: what is in the pipe still comes, then the stream ends. */
  finish(): void {
    if (this.stream.writableEnded || this.stream.destroyed || this.#timer) return;
    this.#lastChunkAt = Math.max(this.#lastChunkAt, performance.now());
    this.#timer = setInterval(() => {
      // After a pause of this whole process timers come first; what has come meanwhile is read before the immediate.
      if (this.#isQuiet()) setImmediate(() => this.#isQuiet() && this.#end());
    }, QUIET_MS / 4);
  }

  #isQuiet(): boolean {
    const readerIsBusy = this.stream.writableNeedDrain;
    return !readerIsBusy && performance.now() - this.#lastChunkAt >= QUIET_MS;
  }

  /** Resolves when all that the process wrote has come, for one that has ended; nobody needs to read it for that. */
  async arrived(): Promise<void> {
    this.finish();
    await this.#ended.promise;
  }

  #end(): void {
    this.#ended.resolve();
    clearInterval(this.#timer);
    this.#source.unpipe(this.stream);
    this.#source.destroy();
    if (!this.stream.writableEnded && !this.stream.destroyed) this.stream.end();
  }
}
