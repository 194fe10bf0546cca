import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import { sharedObject } from './shared-object.ts';
import { type StoredObject, withoutManagedFields } from './stored-object.ts';

/** An object in the form of one version of the API. */
export interface ServedObject {
  readonly revision: number;
  readonly key: string;
  /** Shared by all who ask: not to be changed. Without `managedFields`. */
  readonly object: ApiObject;
  /** All of it. */
  copy(): ApiObject;
  /** The object as JSON, made once. */
  readonly json: Buffer;
  /** The same in parts, for who puts them together anyway. */
  readonly jsonParts: readonly Buffer[];
}

const converted = new WeakMap<Resource, WeakMap<StoredObject, ServedObject>>();

/** The object as this resource shows it; the same bytes each time. */
export function servedAs(resource: Resource, stored: StoredObject): ServedObject {
  if (resource.fromStored === undefined) return stored;
  let known = converted.get(resource);
  if (known === undefined) converted.set(resource, (known = new WeakMap()));
  let served = known.get(stored);
  if (served === undefined) {
    const copy = () => resource.fromStored?.(stored.copy()) ?? stored.copy();
    const object = copy();
    const { key, revision } = stored;
    const json = Buffer.from(JSON.stringify(object));
    known.set(
      stored,
      (served = {
        key,
        revision,
        object: sharedObject(withoutManagedFields(object)),
        copy,
        json,
        jsonParts: [json],
      }),
    );
  }
  return served;
}
