/**
 * The code that strings in header blocks are shortened by.
 * @see RFC 7541, appendix B: the code is canonical, so the lengths tell all of it
 */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
/** It never stands in a string. */
const END_OF_STRING = 256;
const SHORTEST_CODE_BITS = 5;

/** Two places for each inner node: the next node, or less than zero for a symbol: its complement. */
const TREE = makeTree();

function makeTree(): Int16Array {
  const tree = new Int16Array(2 * LENGTHS.length);
  let nodes = 1;
  let [code, codeLength] = [0, 0];
  const symbols = LENGTHS.map((_, symbol) => symbol).sort(
    (a, b) => (LENGTHS[a] ?? 0) - (LENGTHS[b] ?? 0) || a - b,
  );
  for (const symbol of symbols) {
    const length = LENGTHS[symbol] ?? 0;
    code *= 2 ** (length - codeLength);
    codeLength = length;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit -= 1) {
      const at = 2 * node + (Math.floor(code / 2 ** bit) & 1);
      if (tree[at] === 0) tree[at] = nodes++;
      node = tree[at] ?? 0;
    }
    tree[2 * node + (code & 1)] = ~symbol;
    code += 1;
  }
  return tree;
}

let scratch = Buffer.allocUnsafeSlow(1024);

/** The text of a shortened string; nothing when it is none. */
export function decodeHuffman(bytes: Uint8Array, begin: number, end: number): string | undefined {
  const most = Math.ceil(((end - begin) * 8) / SHORTEST_CODE_BITS);
  if (scratch.length < most) scratch = Buffer.allocUnsafeSlow(most);
  let [length, node, depth, isPadding] = [0, 0, 0, true];
  for (let at = begin; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    for (let bit = 7; bit >= 0; bit -= 1) {
      const one = (byte >> bit) & 1;
      const next = TREE[2 * node + one] ?? 0;
      if (next >= 0) {
        node = next;
        depth += 1;
        isPadding &&= one === 1;
        continue;
      }
      if (~next === END_OF_STRING) return undefined;
      scratch[length++] = ~next;
      node = depth = 0;
      isPadding = true;
    }
  }
  return depth > 7 || !isPadding ? undefined : scratch.toString('latin1', 0, length);
}
