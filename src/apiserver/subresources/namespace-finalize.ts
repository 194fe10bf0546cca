import type { Namespace } from '../../model/api/types.ts';
import type { SubresourceHandlers } from '../http/api.ts';
import { readObject } from '../http/read-object.ts';
import { scopeOf } from '../http/scope-of.ts';
import { writeObject } from '../http/write-objects.ts';
import type { ApiObject } from '../api-object.ts';
import { updateObject } from '../registry/update-object.ts';
import { ownRules } from '../registry/update-rules.ts';

/** `namespaces/NAME/finalize`: takes away what keeps a namespace from going. */
export const namespaceFinalize: SubresourceHandlers = {
  kind: 'Namespace',
  update: async (call) => {
    const wanted = (await readObject(call, call.resource)) as Namespace;
    const change = (present: ApiObject): ApiObject => {
      const { resourceVersion: _, ...metadata } = present.metadata ?? {};
      return { ...present, metadata, spec: { ...wanted.spec } };
    };
    const { registry, target, context } = call;
    const rules = ownRules(call.resource, 'finalize');
    writeObject(call, 200, await updateObject(registry, scopeOf(call), target.name, change, rules, context));
  },
};
