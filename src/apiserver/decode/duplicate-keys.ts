const STRING = /"(?:[^"\\]|\\.)*"/y;
const MAX_FOUND = 20;

interface Frame {
  readonly isObject: boolean;
  readonly keys: Set<string>;
  /** The key or index that is being read. */
  at: string;
  index: number;
}

/** The paths of keys that stand twice in one object. @param text valid JSON */
export function duplicateKeys(text: string): string[] {
  const found: string[] = [];
  const stack: Frame[] = [];
  let isKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const top = stack.at(-1);
    const character = text[at];
    if (character === '"') {
      STRING.lastIndex = at;
      const raw = STRING.exec(text)?.[0] ?? '"';
      at += raw.length - 1;
      if (!isKey || top === undefined) continue;
      isKey = false;
      const key = JSON.parse(raw) as string;
      top.at = key;
      if (top.keys.has(key) && found.length < MAX_FOUND) found.push(pathOf(stack));
      top.keys.add(key);
    } else if (character === '{' || character === '[') {
      const isObject = character === '{';
      stack.push({ isObject, keys: new Set(), at: '', index: 0 });
      isKey = isObject;
    } else if (character === '}' || character === ']') {
      stack.pop();
      isKey = false;
    } else if (character === ',' && top !== undefined) {
      top.index += 1;
      isKey = top.isObject;
    }
  }
  return found;
}

function pathOf(stack: readonly Frame[]): string {
  const parts = stack.map(({ isObject, at, index }) => (isObject ? `.${at}` : `[${index}]`));
  return parts.join('').slice(1);
}
