const MAX_FOUND = 20;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];

interface Frame {
  /** Nothing: a list. */
  readonly keys: Set<string> | undefined;
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

/** What a parsed value does not tell. @param text valid JSON */
export function scanJson(text: string): JsonScan {
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
          if (top.keys.has(top.key)) {
            if (duplicates.length < MAX_FOUND) duplicates.push(pathOf(stack));
          } else top.keys.add(top.key);
        }
        at = end;
        break;
      }
      case OPEN_OBJECT:
        top = { keys: new Set(), key: '', index: 0 };
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
