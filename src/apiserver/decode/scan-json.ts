const MAX_FOUND = 20;
const FEW_KEYS = 16;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

interface Frame {
  /** Nothing: a list. */
  readonly keys: Keys | undefined;
  /** The key that is being read. */
  key: string;
  index: number;
}

export interface JsonScan {
  /** The paths of keys that stand twice in one object. */
  readonly duplicates: readonly string[];
  /** How deeply objects and lists are nested. */
  readonly depth: number;
}

/** What a parsed value does not tell. @param text valid JSON @param value what it is parsed to */
export function scanJson(text: string, value: unknown): JsonScan {
  const { keys, depth } = countKeys(text);
  // As many as were parsed: none stands twice, which is so nearly always.
  return keys === keysIn(value) ? { duplicates: [], depth } : findDuplicates(text);
}

function countKeys(text: string): { keys: number; depth: number } {
  let [keys, open, depth] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case COLON:
        keys += 1;
        break;
      case OPEN_OBJECT:
      case OPEN_LIST:
        open += 1;
        if (open > depth) depth = open;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open -= 1;
        break;
    }
  }
  return { keys, depth };
}

/** Without recursion: the text may be nested more deeply than the stack is. */
function keysIn(root: unknown): number {
  let keys = 0;
  const rest: unknown[] = [root];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) if (typeof item === 'object') rest.push(item);
      continue;
    }
    const record = value as Record<string, unknown>;
    const names = Object.keys(record);
    keys += names.length;
    for (const name of names) {
      const item = record[name];
      if (typeof item === 'object') rest.push(item);
    }
  }
  return keys;
}

function findDuplicates(text: string): JsonScan {
  const duplicates: string[] = [];
  const stack: Frame[] = [];
  let top: Frame | undefined;
  let isKey = false;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfString(text, at);
        if (isKey && top?.keys !== undefined) {
          isKey = false;
          top.key = keyOf(text, at, end);
          if (!top.keys.isNew(top.key) && duplicates.length < MAX_FOUND) duplicates.push(pathOf(stack));
        }
        at = end;
        break;
      }
      case OPEN_OBJECT:
        top = { keys: new Keys(), key: '', index: 0 };
        depth = Math.max(depth, stack.push(top));
        isKey = true;
        break;
      case OPEN_LIST:
        top = { keys: undefined, key: '', index: 0 };
        depth = Math.max(depth, stack.push(top));
        isKey = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        stack.pop();
        top = stack.at(-1);
        isKey = false;
        break;
      case COMMA:
        if (top === undefined) break;
        top.index += 1;
        isKey = top.keys !== undefined;
        break;
    }
  }
  return { duplicates, depth };
}

/** Most objects have so few keys that to look through them is quicker than to make a set. */
class Keys {
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  /** Whether the key has not been there; now it is. */
  isNew(key: string): boolean {
    if (this.#many !== undefined) return this.#many.size < this.#many.add(key).size;
    if (this.#few.includes(key)) return false;
    if (this.#few.push(key) > FEW_KEYS) this.#many = new Set(this.#few);
    return true;
  }
}

/** Where the closing quote is. */
function endOfString(text: string, begin: number): number {
  for (let end = text.indexOf('"', begin + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

function keyOf(text: string, begin: number, end: number): string {
  const raw = text.slice(begin + 1, end);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function pathOf(stack: readonly Frame[]): string {
  const parts = stack.map(({ keys, key, index }) => (keys === undefined ? `[${index}]` : `.${key}`));
  return parts.join('').slice(1);
}
