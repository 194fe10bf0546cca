import { link, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import { needsRoot } from '../../model/needs-root.ts';

let written = 0;

/** What one writer leaves that dies amid it. */
const TEMPORARY = /^\..*\.json\.(\d+)\.\d+$/;

/** Does one thing to one file: where tests have it fail, or the process die. */
export type Step = <T>(verb: string, subject: string, work: () => T) => T;

const doIt: Step = (_verb, _subject, work) => work();

/** JSON files in a folder, each replaced as a whole. Keys are `[A-Za-z0-9._-]+`; anything else is refused. */
export class ObjectFolder<T> {
  readonly path: string;
  readonly #step: Step;
  readonly #isRebuilt: boolean;

  /** @param isRebuilt whether what is in it comes again by itself: a damaged one then counts as none */
  constructor(
    path: string,
    { step = doIt, isRebuilt = false }: { step?: Step | undefined; isRebuilt?: boolean } = {},
  ) {
    this.path = path;
    this.#step = step;
    this.#isRebuilt = isRebuilt;
  }

  async read(key: string): Promise<T | undefined> {
    return this.#parse(join(this.path, fileName(key)));
  }

  async list(): Promise<T[]> {
    const keys = (await this.keys()).sort();
    const objects = await Promise.all(keys.map((key) => this.#parse(join(this.path, `${key}.json`))));
    return objects.filter((object): object is Awaited<T> & T => object !== undefined);
  }

  /** Durable when it resolves. */
  async write(key: string, object: T): Promise<void> {
    const path = join(this.path, fileName(key));
    const temporary = await this.#writeTemporary(key, object);
    try {
      await this.#step('rename', path, () => rename(temporary, path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** @returns false when there is one already */
  async create(key: string, object: T): Promise<boolean> {
    const path = join(this.path, fileName(key));
    const temporary = await this.#writeTemporary(key, object);
    try {
      await this.#step('link', path, () => link(temporary, path));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async remove(key: string): Promise<void> {
    const path = join(this.path, fileName(key));
    await this.#step('rm', path, () => rm(path, { force: true }));
  }

  /** The keys of all, whatever is in them. */
  async keys(): Promise<string[]> {
    const names = (await orMissing(this.path, readdir(this.path))) ?? [];
    return names
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .map((name) => name.slice(0, -5));
  }

  /** Deletes what writers that are gone left half-written. */
  async removeTorn(): Promise<void> {
    for (const name of (await orMissing(this.path, readdir(this.path))) ?? []) {
      const writer = TEMPORARY.exec(name)?.[1];
      if (writer !== undefined && !isAlive(Number(writer))) await rm(join(this.path, name), { force: true });
    }
  }

  async removeIfEmpty(): Promise<void> {
    await rmdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
    });
  }

  async #parse(file: string): Promise<T | undefined> {
    const text = await orMissing(file, readFile(file, 'utf8'));
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      if (this.#isRebuilt) return undefined;
      throw new PeapodError('FailedPrecondition', `cannot read ${file}: it is damaged`, {
        cause,
        hint: `remove ${file}`,
      });
    }
  }

  async #writeTemporary(key: string, object: T): Promise<string> {
    await this.#step('mkdir', this.path, () => mkdir(this.path, { recursive: true, mode: 0o700 }));
    written += 1;
    const temporary = join(this.path, `.${fileName(key)}.${process.pid}.${written}`);
    try {
      await using file = await open(temporary, 'wx', 0o600);
      await this.#step('write', join(this.path, `.${fileName(key)}`), () =>
        file.writeFile(JSON.stringify(object)),
      );
      await file.datasync();
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return temporary;
  }
}

function fileName(key: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(key) || key.startsWith('.'))
    throw new PeapodError('Invalid', `invalid object key "${key}"`);
  return `${key}.json`;
}

/** @throws PeapodError Forbidden when this process may not read what is there */
async function orMissing<T>(path: string, reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'EACCES') throw needsRoot(`read ${path}`, error);
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
