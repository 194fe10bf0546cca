/** Puts a pod on a node. @see kubernetes/pkg/registry/core/pod/storage/storage.go BindingREST */
import type { Binding, Pod } from '../../model/api/types.ts';
import { podWithCondition } from '../../model/status/pod-scheduled.ts';
import { badRequest, conflict, invalid } from '../errors/status-error.ts';
import type { ResourceCall, SubresourceHandlers } from '../http/api.ts';
import { readObject } from '../http/read-object.ts';
import { scopeOf } from '../http/scope-of.ts';
import { sendJson } from '../http/respond.ts';
import { updateObject } from '../registry/update-object.ts';
import { ownRules } from '../registry/update-rules.ts';
import type { ApiObject } from '../api-object.ts';

const BINDING = { group: '', version: 'v1', kind: 'Binding', typeName: 'Binding' } as const;

export const podBinding: SubresourceHandlers = {
  kind: 'Binding',
  create: async (call) => {
    const binding = (await readObject(call, BINDING)) as unknown as Binding;
    await bind(call, call.target.name, binding);
    sendJson(call.response, 201, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      code: 201,
    });
  },
};

async function bind(call: ResourceCall, name: string, { metadata, target }: Binding): Promise<void> {
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node' && target.kind !== 'Minion') {
    throw invalid(BINDING, name, [
      {
        field: 'target.kind',
        type: 'NotSupported',
        badValue: target.kind,
        detail: 'supported values: "Node", "<empty>"',
      },
    ]);
  }
  if (!target.name) throw invalid(BINDING, name, [{ field: 'target.name', type: 'Required', detail: '' }]);
  const node = target.name;
  await updateObject(
    call.registry,
    scopeOf(call),
    name,
    (object) => bound(call, object, node, metadata),
    ownRules(call.resource, 'binding'),
    call.context,
  );
}

function bound(
  call: ResourceCall,
  object: ApiObject,
  node: string,
  metadata: Binding['metadata'],
): ApiObject {
  const pod = object as Pod;
  const name = pod.metadata?.name ?? '';
  if (metadata?.uid && metadata.uid !== pod.metadata?.uid)
    throw conflict(
      call.resource,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata?.uid ?? ''}`,
    );
  if (pod.metadata?.deletionTimestamp !== undefined)
    throw conflict(call.resource, name, `pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec?.nodeName)
    throw conflict(
      call.resource,
      name,
      `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`,
    );
  if ((pod.spec?.schedulingGates ?? []).length > 0)
    throw badRequest(`pod ${name} has non-empty .spec.schedulingGates`);
  const { resourceVersion: _, ...own } = pod.metadata ?? {};
  const next = podWithCondition(
    {
      ...pod,
      metadata: { ...own, annotations: { ...own.annotations, ...metadata?.annotations } },
      spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node },
    },
    { type: 'PodScheduled', status: 'True' },
    call.context.nowMs,
  );
  if (Object.keys(next.metadata?.annotations ?? {}).length === 0) delete next.metadata?.annotations;
  return next as ApiObject;
}
