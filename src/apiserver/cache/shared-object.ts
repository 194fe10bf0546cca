import type { ApiObject } from '../api-object.ts';

let isGuarded = false;

/** From now on whoever changes an object that is shared fails where he does it. For tests: it costs as much as a copy. */
export function guardSharedObjects(): void {
  isGuarded = true;
}

/** An object that many are going to be handed, and none may change. */
export function sharedObject(object: ApiObject): ApiObject {
  return sharedValue(object);
}

/** A part of such objects. */
export function sharedValue<T>(value: T): T {
  if (isGuarded) freeze(value);
  return value;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
