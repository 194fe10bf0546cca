/** How objects lie in the store, and how their bytes go to clients without being parsed. */
import type { ObjectMeta } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type { StoreEntry } from '../../store/store.ts';
import type { ApiObject } from '../api-object.ts';
import { ownBuffer } from './own-buffer.ts';
import { sharedObject } from './shared-object.ts';

const METADATA = Buffer.from('"metadata":{');
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** What stands before all else. */
const IN_HEAD: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function withoutVersion(metadata: ObjectMeta): ObjectMeta {
  if (metadata.resourceVersion === undefined) return metadata;
  const { resourceVersion: _, ...kept } = metadata;
  return kept;
}

/**
 * The bytes of an object without its resourceVersion, which is the store's revision. `metadata` comes right after
 * `apiVersion` and `kind`, so that the revision can be put in without parsing.
 * @param managedFields what the object does not have of them, as JSON text
 * @param spec the specification as JSON text, where it is at hand
 */
export function encodeStored(object: ApiObject, managedFields?: string, spec?: string): Uint8Array {
  const { apiVersion, kind } = object;
  const head = { apiVersion, kind, metadata: withoutVersion(object.metadata ?? {}) };
  if (managedFields === undefined && spec === undefined)
    return encoder.encode(JSON.stringify({ ...head, ...object, metadata: head.metadata }));
  let text = JSON.stringify(head).slice(0, -'}}'.length);
  if (managedFields !== undefined) text += `${text.endsWith('{') ? '' : ','}"managedFields":${managedFields}`;
  text += '}';
  for (const name of Object.keys(object)) {
    if (IN_HEAD.has(name)) continue;
    const json = name === 'spec' && spec !== undefined ? spec : JSON.stringify(object[name]);
    if (json !== undefined) text += `,${JSON.stringify(name)}:${json}`;
  }
  return encoder.encode(`${text}}`);
}

/**
 * A database has no checksums: where a part of the disk was lost the bytes are others. What is wrong with an entry, if it is no object
 * any more.
 */
export function damageOf({ key, value }: StoreEntry): PeapodError | undefined {
  try {
    const object: unknown = JSON.parse(decoder.decode(value));
    return typeof object === 'object' && object !== null && 'metadata' in object
      ? undefined
      : damagedObject(key);
  } catch (cause) {
    return damagedObject(key, cause);
  }
}

function damagedObject(key: string, cause?: unknown): PeapodError {
  return new PeapodError('Corrupt', `the object ${key} is damaged in the database`, {
    cause,
    hint: 'stop peapod, and put a backup of the database in its place',
  });
}

/** Those that were written here, by the bytes that went to the store: these come back in its event. */
const written = new WeakMap<Uint8Array, StoredObject>();

/** The same by what the writer was answered. */
const answered = new WeakMap<ApiObject, StoredObject>();

/** An object as it was at one revision. The bytes are parsed when somebody asks for the object. */
export class StoredObject {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  /** As the store has them, then as clients are sent them: never both. */
  #bytes: Buffer;
  #hasRevision = false;
  #object: ApiObject | undefined;

  constructor(entry: StoreEntry, object?: ApiObject) {
    this.key = entry.key;
    this.revision = entry.modRevision;
    this.createRevision = entry.createRevision;
    const { buffer, byteOffset, byteLength } = entry.value;
    this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.#object = object;
  }

  /** What an entry holds; the one that was noted when it was written here. */
  static of(entry: StoreEntry): StoredObject {
    const known = written.get(entry.value);
    return known?.key === entry.key && known.revision === entry.modRevision ? known : new StoredObject(entry);
  }

  /**
   * Notes what was just written, so that nobody has to parse it.
   * @param object with its revision and without managedFields; not to be changed any more
   */
  static noteWritten(entry: StoreEntry, object: ApiObject): StoredObject {
    const stored = new StoredObject(entry, sharedObject(object));
    written.set(entry.value, stored);
    return stored;
  }

  /** Notes what the writer is answered, so that its bytes need not be made again. */
  static noteAnswer(answer: ApiObject, stored: StoredObject): void {
    answered.set(answer, stored);
  }

  /** The bytes of an answer that was noted, as clients are sent them. */
  static jsonOf(answer: ApiObject): readonly Buffer[] | undefined {
    return answered.get(answer)?.jsonParts;
  }

  /**
   * Shared by all who ask: not to be changed. Without `managedFields`, which only who writes and who shows all of it needs: they
   * would be half of what it takes in memory.
   */
  get object(): ApiObject {
    this.#object ??= sharedObject(withoutManagedFields(this.copy()));
    return this.#object;
  }

  /** A copy of all of it that the caller may change. */
  copy(): ApiObject {
    return parseStored(this.#bytes, this);
  }

  get sizeBytes(): number {
    return this.#bytes.length;
  }

  /** What clients are sent: the object with its resourceVersion. */
  get json(): Buffer {
    // Memory of its own: it is kept, and a slice of Node.js's pool would keep its neighbours too.
    if (!this.#hasRevision) this.#bytes = ownBuffer(partsWithRevision(this.#bytes, this.revision));
    this.#hasRevision = true;
    return this.#bytes;
  }

  /** The same, without a copy of it where there is none yet. */
  get jsonParts(): readonly Buffer[] {
    return this.#hasRevision ? [this.#bytes] : partsWithRevision(this.#bytes, this.revision);
  }
}

export function withoutManagedFields(object: ApiObject): ApiObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata };
}

function parseStored(bytes: Buffer, { key, revision }: Pick<StoredObject, 'key' | 'revision'>): ApiObject {
  let object: ApiObject;
  try {
    object = JSON.parse(bytes.toString()) as ApiObject;
  } catch (cause) {
    throw damagedObject(key, cause);
  }
  object.metadata = { ...object.metadata, resourceVersion: String(revision) };
  return object;
}

/** With `"resourceVersion":"7"` in the metadata. */
function partsWithRevision(bytes: Buffer, revision: number): [head: Buffer, rest: Buffer] {
  const at = bytes.indexOf(METADATA) + METADATA.length;
  const isEmpty = bytes[at] === '}'.charCodeAt(0);
  const field = `"resourceVersion":"${revision}"${isEmpty ? '' : ','}`;
  const head = Buffer.allocUnsafe(at + field.length);
  bytes.copy(head, 0, 0, at);
  head.write(field, at, 'latin1');
  return [head, bytes.subarray(at)];
}
