import { randomFillSync } from 'node:crypto';

/** Letters and digits that look like no others and form no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const MAX_BASE = 58;
const LENGTH = 5;

/** Asking the system for a few bytes costs as much as asking for many. */
const random = Buffer.alloc(LENGTH * 200);
let used = random.length;

/** What `generateName` becomes: the prefix and five random letters. */
export function randomName(prefix: string): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  let name = prefix.slice(0, MAX_BASE);
  for (const end = used + LENGTH; used < end; used += 1)
    name += ALPHABET.charAt((random[used] ?? 0) % ALPHABET.length);
  return name;
}
