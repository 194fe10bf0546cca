import { randomBytes } from 'node:crypto';

/** Letters and digits that look like no others and form no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const MAX_BASE = 58;

/** What `generateName` becomes: the prefix and five random letters. */
export function randomName(prefix: string): string {
  const suffix = [...randomBytes(5)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `${prefix.slice(0, MAX_BASE)}${suffix}`;
}
