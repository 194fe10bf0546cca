import type { ApiObject } from '../api-object.ts';
import { badRequest, invalid } from '../errors/status-error.ts';
import type { ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { readObject } from '../http/read-object.ts';
import { patched } from '../http/handle-patch.ts';
import { scopeOf } from '../http/scope-of.ts';
import { sendEncoded } from '../http/respond.ts';
import { readStored, updateObject } from '../registry/update-object.ts';
import { objectRules } from '../registry/update-rules.ts';
import type { ScalePaths } from '../resource.ts';

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale', typeName: 'Scale' } as const;

/** `/scale`: how many replicas are wanted and there, whatever the kind. */
export function scaleHandlers(paths: ScalePaths): SubresourceHandlers {
  const answer = (call: ResourceCall, object: ApiObject): void => {
    sendEncoded(call.response, 200, call.negotiated.encoding, scaleOf(paths, object));
  };
  const write = async (
    call: ResourceCall,
    wanted: (present: ApiObject) => ApiObject | Promise<ApiObject>,
  ) => {
    const updated = await updateObject(
      call.registry,
      scopeOf(call),
      call.target.name,
      async (object) => {
        const scale = await wanted(scaleOf(paths, object));
        const next = paths.withReplicas(object, replicasOf(scale, call.target.name));
        next.metadata = { ...next.metadata, resourceVersion: scale.metadata?.resourceVersion ?? '' };
        return next;
      },
      { ...objectRules(call.resource), subresource: 'scale' },
      call.context,
    );
    answer(call, updated);
  };
  return {
    ...SCALE,
    get: async (call) => answer(call, await readStored(call.registry, scopeOf(call), call.target.name)),
    update: async (call) => {
      const scale = await readObject(call, SCALE);
      await write(call, () => scale);
    },
    patch: async (call) => {
      const change = await patched(call, SCALE);
      await write(call, async (scale) => {
        const { resourceVersion: _, ...metadata } = scale.metadata ?? {};
        return change({ ...scale, metadata });
      });
    },
  };
}

function scaleOf(paths: ScalePaths, object: ApiObject): ApiObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp };
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
    spec: { replicas: paths.specReplicas(object) },
    status: { replicas: paths.statusReplicas(object), selector: paths.selector(object) },
  };
}

function replicasOf(scale: ApiObject, name: string): number {
  const { replicas = 0 } = (scale['spec'] ?? {}) as { replicas?: unknown };
  if (typeof replicas !== 'number' || !Number.isSafeInteger(replicas))
    throw badRequest('spec.replicas: must be an integer');
  if (replicas >= 0) return replicas;
  throw invalid(SCALE, name, [
    {
      field: 'spec.replicas',
      type: 'Invalid',
      badValue: replicas,
      detail: 'must be greater than or equal to 0',
    },
  ]);
}
