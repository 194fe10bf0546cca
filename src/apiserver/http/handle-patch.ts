/** PATCH, in its four forms. Which fields are whose is noted by the registry; server-side apply does it itself. */
import type { ApiObject } from '../api-object.ts';
import { badRequest, StatusError } from '../errors/status-error.ts';
import type { Change } from '../registry/update-object.ts';
import { updateObject } from '../registry/update-object.ts';
import { objectRules, type UpdateRules } from '../registry/update-rules.ts';
import type { ResourceCall } from './api.ts';
import { scopeOf } from './scope-of.ts';
import { writeObject } from './write-objects.ts';

export function handlePatch(call: ResourceCall): Promise<void> {
  return patchWith(call, objectRules(call.resource));
}

export async function patchWith(call: ResourceCall, rules: UpdateRules): Promise<void> {
  const change = await patched(call, call.resource);
  const { registry, target, context } = call;
  writeObject(call, 200, await updateObject(registry, scopeOf(call), target.name, change, rules, context));
}

/** What the patch in the body makes of an object. */
export async function patched(_call: ResourceCall, _type: { typeName: string }): Promise<Change> {
  throw new StatusError('UnsupportedMediaType', 'patches');
}
