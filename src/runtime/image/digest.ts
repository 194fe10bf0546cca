/** Digests: checked before anything is named after them, and computed over what passes by. */
import { createHash, type Hash } from 'node:crypto';
import { PeapodError } from '../../model/errors.ts';

/** `sha256:` and 64 lower-case hex digits: safe as a file name once the algorithm is cut off. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[a-f0-9]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && DIGEST.test(text);
}

/**
 * @param what is named in the message: `layers[0].digest`
 * @throws PeapodError ImageCorrupt when it is no sha256 digest: it never becomes part of a path
 */
export function readDigest(text: unknown, what: string): Digest {
  if (isDigest(text)) return text;
  throw new PeapodError('ImageCorrupt', `${what} is not a sha256 digest: ${excerpt(text)}`);
}

export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** Computes a digest over bytes that arrive piecemeal. */
export class DigestMeter {
  readonly #hash: Hash = createHash('sha256');
  bytes = 0;

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  digest(): Digest {
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
