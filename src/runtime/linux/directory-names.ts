import { readdirSync, type Stats, statSync } from 'node:fs';

/** The kernel dates a directory by its tick: what changes within the same one as the look leaves no trace. */
const TICK_MS = 100;

/** The names in a directory, for those who ask again and again: it is read only when something was added, removed or renamed. */
export class DirectoryNames {
  readonly #path: string;
  readonly #isWanted: (name: string) => boolean;
  #version: Stats | undefined;
  #names: readonly string[] = [];

  constructor(path: string, isWanted: (name: string) => boolean = () => true) {
    this.#path = path;
    this.#isWanted = isWanted;
  }

  /**
   * The same array as before while nothing has changed; none when there is no such directory.
   * @throws ErrnoException ENOTDIR, EACCES
   */
  list(): readonly string[] {
    const now = Date.now();
    const version = statSync(this.#path, { throwIfNoEntry: false });
    if (version === undefined) return this.#keep(undefined, []);
    if (this.#version !== undefined && isSame(this.#version, version)) return this.#names;
    const names = this.#read();
    const isPast = Math.abs(now - version.mtimeMs) > TICK_MS && Math.abs(now - version.ctimeMs) > TICK_MS;
    return this.#keep(isPast ? version : undefined, names);
  }

  #keep(version: Stats | undefined, names: readonly string[]): readonly string[] {
    this.#version = version;
    this.#names = names;
    return names;
  }

  #read(): readonly string[] {
    try {
      return readdirSync(this.#path).filter(this.#isWanted);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return (
    a.ino === b.ino &&
    a.dev === b.dev &&
    a.nlink === b.nlink &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs
  );
}
