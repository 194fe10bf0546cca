import { link, mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';

let written = 0;

/** JSON files in a folder, each replaced as a whole. Keys are `[A-Za-z0-9._-]+`; anything else is refused. */
export class ObjectFolder<T> {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async read(key: string): Promise<T | undefined> {
    return this.#parse(join(this.path, fileName(key)));
  }

  async list(): Promise<T[]> {
    const names = (await orMissing(readdir(this.path))) ?? [];
    const keys = names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort();
    const objects = await Promise.all(keys.map((name) => this.#parse(join(this.path, name))));
    return objects.filter((object): object is Awaited<T> & T => object !== undefined);
  }

  /** Durable when it resolves. */
  async write(key: string, object: T): Promise<void> {
    await rename(await this.#writeTemporary(key, object), join(this.path, fileName(key)));
  }

  /** @returns false when there is one already */
  async create(key: string, object: T): Promise<boolean> {
    const temporary = await this.#writeTemporary(key, object);
    try {
      await link(temporary, join(this.path, fileName(key)));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async remove(key: string): Promise<void> {
    await rm(join(this.path, fileName(key)), { force: true });
  }

  async removeIfEmpty(): Promise<void> {
    await rmdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTEMPTY') throw error;
    });
  }

  async #parse(file: string): Promise<T | undefined> {
    const text = await orMissing(readFile(file, 'utf8'));
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new PeapodError('FailedPrecondition', `cannot read ${file}: it is damaged`, {
        cause,
        hint: `remove ${file}`,
      });
    }
  }

  async #writeTemporary(key: string, object: T): Promise<string> {
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    written += 1;
    const temporary = join(this.path, `.${fileName(key)}.${process.pid}.${written}`);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify(object));
      await file.datasync();
    } finally {
      await file.close();
    }
    return temporary;
  }
}

function fileName(key: string): string {
  if (!/^[A-Za-z0-9._-]+$/.test(key) || key.startsWith('.'))
    throw new PeapodError('Invalid', `invalid object key "${key}"`);
  return `${key}.json`;
}

async function orMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
