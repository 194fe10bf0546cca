import { readFileSync, type Stats, statSync } from 'node:fs';

interface Known<T> {
  readonly version: Stats;
  readonly value: T;
}

/**
 * JSON files that are only ever replaced as a whole, or get a line more with what has changed of their object (`appendLine`): each is read again only when
 * it is another one, or longer, whoever did that. What is answered is shared and frozen. Reads do not wait: the files are small and in the kernel's cache.
 */
export class ParsedFiles<T> {
  readonly #known = new Map<string, Known<T>>();
  readonly #isValid: (value: Partial<T>) => boolean;

  /** @param isValid whether an object is what the files should hold */
  constructor(isValid: (value: Partial<T>) => boolean = () => true) {
    this.#isValid = isValid;
  }

  /** @returns nothing when there is no such file, a loss of power has torn it, or it holds what is not valid */
  read(path: string): T | undefined {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) {
      this.#known.delete(path);
      return undefined;
    }
    const known = this.#known.get(path);
    if (known !== undefined && isSame(known.version, stat)) return known.value;
    this.#known.delete(path);
    const text = readOrMissing(path);
    if (text === undefined || text === '') return undefined;
    const value = parsed<T>(text);
    if (typeof value !== 'object' || value === null || !this.#isValid(value)) return undefined;
    this.#known.set(path, { version: stat, value });
    return value;
  }

  /** What was read last, without a look at the file: for what never changes. */
  recall(path: string): T | undefined {
    return this.#known.get(path)?.value;
  }

  /** Forgets all other files. */
  retain(paths: readonly string[]): void {
    let known = 0;
    for (const path of paths) if (this.#known.has(path)) known += 1;
    if (known === this.#known.size) return;
    const kept = new Set(paths);
    for (const path of this.#known.keys()) if (!kept.has(path)) this.#known.delete(path);
  }
}

/** Times as the kernel has them, to a quarter of a microsecond: another file in its place has another number besides. */
function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}

function readOrMissing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The object of the first line, with what the others changed of it. One of those that is not whole has changed nothing: whoever wrote it died. */
function parsed<T>(text: string): T | undefined {
  const [first = '', ...changes] = text.split('\n');
  const value = parsedLine<T>(first);
  if (changes.length === 0 || typeof value !== 'object' || value === null) return frozen(value);
  return frozen(Object.assign(value, ...changes.map((line) => parsedLine<Partial<T>>(line))) as T);
}

function parsedLine<V>(line: string): V | undefined {
  try {
    return JSON.parse(line) as V;
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
