import type { ApiObject } from '../api-object.ts';
import type { Scope } from './request-scope.ts';

/** What became of a specification when an object was made of it. */
export interface KnownSpec {
  /** After defaults and admission, and found to be valid. Shared by all objects that have it: not to be changed. */
  readonly spec: unknown;
  /** The same as JSON text. */
  readonly json: string;
  /** `"f:spec":{…}`: what the maker of the object owns of it; empty for nothing. */
  readonly fields: string;
  /** Those of the object and what admission added. */
  readonly annotations: Record<string, string> | undefined;
  readonly warnings: readonly string[];
  /** What admission looked at beside the object itself. */
  readonly surroundings: readonly unknown[];
}

/** What a specification is told by, as it was sent. */
export interface SpecKey {
  readonly text: string;
  readonly digest: number;
}

const MAX_KNOWN = 100;
/** How many of those that came once are told apart; a power of two. */
const SIGHTINGS = 1024;
/** After so many in a row that were not known, one of `ASKED_OF` is asked about. */
const MISSES = 100;
const ASKED_OF = 8;
/** What is larger than this, in characters, is not remembered. */
const MAX_KEY_LENGTH = 16_384;

/**
 * Pods are made in numbers from one template, so the same specification comes again and again: with defaults, admitted and
 * valid it is the same each time, and is worked out, kept and put into bytes once. It holds for kinds of which the strategy says so,
 * in one namespace, as long as what admission looks at is the same. What comes but once is not kept: it would lie in memory long after it is
 * of no use. Where nothing has come again for long, most are not asked about.
 */
export class KnownSpecs {
  /** By the digests of their keys, the oldest first. */
  readonly #known = new Map<number, { readonly key: string; readonly spec: KnownSpec }>();
  /** Digests of keys that came, each in its own place until another takes it. */
  readonly #sightings = new Int32Array(SIGHTINGS);
  /** In a row, without one that was known. */
  #misses = 0;

  /** What an object as it was sent is known by; nothing when there is nothing to know, or not asked. To be asked before it is changed. */
  keyOf({ resource, namespace }: Scope, object: ApiObject): SpecKey | undefined {
    if (resource.strategy.hangsOnSpec !== true || object['spec'] === undefined) return undefined;
    this.#misses += 1;
    if (this.#misses > MISSES && this.#misses % ASKED_OF !== 0) return undefined;
    const text = JSON.stringify([resource.storedAs, namespace, object.metadata?.annotations, object['spec']]);
    return text.length > MAX_KEY_LENGTH ? undefined : { text, digest: digestOf(text) };
  }

  get(key: SpecKey | undefined, surroundings: readonly unknown[]): KnownSpec | undefined {
    const found = key === undefined ? undefined : this.#known.get(key.digest);
    if (found === undefined || found.key !== key?.text) return undefined;
    const known = found.spec;
    for (let index = 0; index < surroundings.length; index += 1)
      if (surroundings[index] !== known.surroundings[index]) return undefined;
    this.#misses = 0;
    return known;
  }

  /** Keeps what comes for the second time. */
  remember({ text: key, digest }: SpecKey, spec: KnownSpec): void {
    const place = digest & (SIGHTINGS - 1);
    if (this.#sightings[place] !== digest) {
      this.#sightings[place] = digest;
      return;
    }
    this.#known.delete(digest);
    const [oldest] = this.#known.size < MAX_KNOWN ? [] : this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(digest, { key, spec });
  }
}

/** Never 0. @see http://www.isthe.com/chongo/tech/comp/fnv/ (FNV-1a) */
function digestOf(text: string): number {
  let digest = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    digest = Math.imul(digest ^ text.charCodeAt(index), 0x01000193);
  return digest || 1;
}
