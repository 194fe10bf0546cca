/** How objects lie in the store, and how their bytes go to clients without being parsed. */
import type { StoreEntry } from '../../store/store.ts';
import type { ApiObject } from '../api-object.ts';

const METADATA = Buffer.from('"metadata":{');

/**
 * The bytes of an object without its resourceVersion, which is the store's revision. `metadata` comes right after
 * `apiVersion` and `kind`, so that the revision can be put in without parsing.
 */
export function encodeStored(object: ApiObject): Buffer {
  const { apiVersion, kind, metadata = {}, ...rest } = object;
  const { resourceVersion: _, ...kept } = metadata;
  return Buffer.from(JSON.stringify({ apiVersion, kind, metadata: kept, ...rest }));
}

/** An object as it was at one revision. The bytes are parsed when somebody asks for the object. */
export class StoredObject {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly #value: Uint8Array;
  #object: ApiObject | undefined;
  #json: Buffer | undefined;

  constructor(entry: StoreEntry) {
    this.key = entry.key;
    this.revision = entry.modRevision;
    this.createRevision = entry.createRevision;
    this.#value = entry.value;
  }

  /** Shared by all who ask: not to be changed. */
  get object(): ApiObject {
    this.#object ??= parseStored(this.#value, this.revision);
    return this.#object;
  }

  /** A copy that the caller may change. */
  copy(): ApiObject {
    return parseStored(this.#value, this.revision);
  }

  /** What clients are sent: the object with its resourceVersion. */
  get json(): Buffer {
    this.#json ??= withRevision(this.#value, this.revision);
    return this.#json;
  }
}

function parseStored(value: Uint8Array, revision: number): ApiObject {
  const object = JSON.parse(
    Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString(),
  ) as ApiObject;
  object.metadata = { ...object.metadata, resourceVersion: String(revision) };
  return object;
}

/** Puts `"resourceVersion":"7"` into the metadata. */
export function withRevision(value: Uint8Array, revision: number): Buffer {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const at = bytes.indexOf(METADATA) + METADATA.length;
  const isEmpty = bytes[at] === '}'.charCodeAt(0);
  const field = Buffer.from(`"resourceVersion":"${revision}"${isEmpty ? '' : ','}`);
  return Buffer.concat([bytes.subarray(0, at), field, bytes.subarray(at)]);
}
