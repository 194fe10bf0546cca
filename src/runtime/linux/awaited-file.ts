/**
 * A file that a program opens before its content is known: a named pipe stands in its place, at which the program waits. When the content comes the
 * file itself takes the pipe's place, for whoever opens it once more, and the pipe gives the same to whoever waits.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { externalStep } from './external-step.ts';
import { checked, foreignFunction } from './libc.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

const mkfifo = foreignFunction('int mkfifo(const char *path, unsigned int mode)');

export class AwaitedFile implements Disposable {
  readonly #path: string;
  #pipe: number | undefined;

  /**
   * Makes the pipe, with mode 0600.
   * @throws ErrnoException EEXIST, ENOENT, …
   */
  constructor(path: string) {
    this.#path = path;
    externalStep('mknod', path, () => checked(mkfifo(path, 0o600), 'mkfifo', path));
    // Reading too, or the open would wait for a reader; and a reader that comes later must find a writer.
    this.#pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  }

  /**
   * Gives the content to the one reader.
   * @returns false when the pipe does not take it all at once, which every Linux takes 4 KiB: the file is there, but the reader has got a part of it
   */
  async give(content: string): Promise<boolean> {
    await writeFileAtomic(this.#path, content, { mode: 0o600, durable: false });
    const bytes = Buffer.from(content);
    try {
      return this.#pipe !== undefined && writeSync(this.#pipe, bytes) === bytes.length;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false;
      throw error;
    } finally {
      this[Symbol.dispose]();
    }
  }

  /** A reader that still waits has read an empty file. */
  [Symbol.dispose](): void {
    if (this.#pipe !== undefined) closeSync(this.#pipe);
    this.#pipe = undefined;
  }
}
