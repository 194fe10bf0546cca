import type { FileHandle } from 'node:fs/promises';
import { parseCriLogLine } from './cri-log-line.ts';

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * The offset in a CRI log at which its last `lines` lines begin. Reads backwards from the end, so that a long log costs no more than
 * what is shown of it. Pieces of one line count once.
 */
export async function findTail(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines <= 0) return size;
  let position = size;
  let carry: Buffer = Buffer.alloc(0);
  let found = 0;
  while (position > 0) {
    const from = Math.max(0, position - BLOCK_BYTES);
    const block = Buffer.alloc(position - from);
    const { bytesRead } = await file.read(block, 0, block.length, from);
    const text = Buffer.concat([block.subarray(0, bytesRead), carry]);
    let end = text.length;
    while (true) {
      const search = end > 0 && text[end - 1] === NEWLINE ? end - 2 : end - 1;
      const before = search < 0 ? -1 : text.lastIndexOf(NEWLINE, search);
      if (before < 0 && from > 0) break;
      const parsed = parseCriLogLine(text.subarray(before + 1, end));
      const isLastOfItsLine = parsed?.partial === false || from + end === size;
      if (isLastOfItsLine && end > before + 1) {
        if (found === lines) return from + end;
        found += 1;
      }
      if (before < 0) return 0;
      end = before + 1;
    }
    carry = text.subarray(0, end);
    position = from;
  }
  return 0;
}
