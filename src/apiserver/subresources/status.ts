import type { SubresourceHandlers } from '../http/api.ts';
import { replaceWith } from '../http/handle-writes.ts';
import { patchWith } from '../http/handle-patch.ts';
import { scopeOf } from '../http/scope-of.ts';
import { writeObject } from '../http/write-objects.ts';
import { readStored } from '../registry/update-object.ts';
import { statusRules } from '../registry/update-rules.ts';
import type { Resource } from '../resource.ts';

/** `/status`: what was observed, written by whoever observes. */
export function statusHandlers(resource: Resource): SubresourceHandlers {
  const rules = statusRules(resource);
  return {
    kind: resource.kind,
    get: async (call) =>
      writeObject(call, 200, await readStored(call.registry, scopeOf(call), call.target.name)),
    update: (call) => replaceWith(call, rules),
    patch: (call) => patchWith(call, rules),
  };
}
