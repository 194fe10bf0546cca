import { readFileSync, statSync } from 'node:fs';

interface Known<T> {
  readonly version: string;
  readonly value: T;
}

/**
 * JSON files that are only ever replaced as a whole: each is read again only when another one stands in its place, whoever put it
 * there. What is answered is shared and frozen. Reads do not wait: the files are small and in the kernel's cache.
 */
export class ParsedFiles<T> {
  readonly #known = new Map<string, Known<T>>();

  /** @returns nothing when there is no such file, or a loss of power has torn it */
  read(path: string): T | undefined {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) {
      this.#known.delete(path);
      return undefined;
    }
    const version = `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
    const known = this.#known.get(path);
    if (known?.version === version) return known.value;
    const text = readOrMissing(path);
    if (text === undefined || text === '') return undefined;
    const value = parsed<T>(text);
    if (value !== undefined) this.#known.set(path, { version, value });
    return value;
  }

  /** What was read last, without a look at the file: for what never changes. */
  recall(path: string): T | undefined {
    return this.#known.get(path)?.value;
  }

  /** Forgets all other files. */
  retain(paths: ReadonlySet<string>): void {
    for (const path of this.#known.keys()) if (!paths.has(path)) this.#known.delete(path);
  }
}

function readOrMissing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parsed<T>(text: string): T | undefined {
  try {
    return frozen(JSON.parse(text) as T);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function frozen<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) frozen(item);
  return Object.freeze(value);
}
