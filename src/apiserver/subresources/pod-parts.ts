import type { SubresourceHandlers } from '../http/api.ts';
import { patchWith } from '../http/handle-patch.ts';
import { replaceWith } from '../http/handle-writes.ts';
import { scopeOf } from '../http/scope-of.ts';
import { writeObject } from '../http/write-objects.ts';
import { readStored } from '../registry/update-object.ts';
import type { UpdateRules } from '../registry/update-rules.ts';

/** A part of an object that is read and written under a path of its own, with the object around it. */
export function partHandlers(kind: string, rules: UpdateRules): SubresourceHandlers {
  return {
    kind,
    get: async (call) =>
      writeObject(call, 200, await readStored(call.registry, scopeOf(call), call.target.name)),
    update: (call) => replaceWith(call, rules),
    patch: (call) => patchWith(call, rules),
  };
}
