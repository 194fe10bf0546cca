/** PATCH, in its forms. Which fields are whose is noted by the registry. */
import { copyPlain } from '../../model/copy-plain.ts';
import type { ApiObject } from '../api-object.ts';
import { checkObject, parseJson, textOf } from '../decode/decode-body.ts';
import { badRequest, invalid, StatusError } from '../errors/status-error.ts';
import { applyJsonPatch, JsonPatchError } from '../patch/json-patch.ts';
import { applyMergePatch } from '../patch/merge-patch.ts';
import { applyStrategicMergePatch, StrategicPatchError } from '../patch/strategic-merge-patch.ts';
import { type Change, updateObject } from '../registry/update-object.ts';
import { objectRules, type UpdateRules } from '../registry/update-rules.ts';
import type { ResourceCall } from './api.ts';
import { APPLY_PATCH, applyWith } from './handle-apply.ts';
import { readBody } from './read-body.ts';
import { decodeOptions, type ExpectedKind } from './read-object.ts';
import { scopeOf } from './scope-of.ts';
import { writeObject } from './write-objects.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

export function handlePatch(call: ResourceCall): Promise<void> {
  return patchWith(call, objectRules(call.resource));
}

export async function patchWith(call: ResourceCall, rules: UpdateRules): Promise<void> {
  if (typeOf(call) === APPLY_PATCH) return applyWith(call, rules);
  const change = await patched(call, call.resource);
  const { registry, target, context } = call;
  writeObject(call, 200, await updateObject(registry, scopeOf(call), target.name, change, rules, context));
}

/**
 * What the patch in the body makes of an object.
 * @throws StatusError BadRequest, UnsupportedMediaType; the change throws Invalid when the patch does not fit the object
 */
export async function patched(call: ResourceCall, expected: ExpectedKind): Promise<Change> {
  if (call.info.query.has('force')) {
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
      {
        field: 'force',
        type: 'Forbidden',
        detail: 'may not be specified for non-apply patch',
      },
    ]);
  }
  const type = typeOf(call);
  const body = await readBody(call.request);
  const options = decodeOptions(call, expected);
  const { value, duplicates } = parseJson(textOf(body));
  const applied = applierOf(type, value, expected.typeName);
  return (present) => {
    // What the patch brings may stand in it twice, or be asked for again.
    const next = copyPlain(checkObject(applied(present), duplicates, options));
    const { resourceVersion, ...metadata } = next.metadata ?? {};
    // A patch that does not name another version is good for whichever is there.
    return resourceVersion === present.metadata?.resourceVersion ? { ...next, metadata } : next;
  };
}

function typeOf({ request }: ResourceCall): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

function applierOf(type: string, patch: unknown, typeName: string): (object: ApiObject) => unknown {
  switch (type) {
    case JSON_PATCH:
      return (object) => applyJson(object, patch);
    case MERGE_PATCH:
      return (object) => applyMergePatch(object, patch);
    case STRATEGIC_PATCH:
      return (object) => applyStrategic(object, patch, typeName);
    default:
      throw new StatusError(
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: ${JSON_PATCH}, ${MERGE_PATCH}, ${STRATEGIC_PATCH}, ${APPLY_PATCH}`,
      );
  }
}

function applyJson(object: ApiObject, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json patch: the body must be a list of operations');
  try {
    return applyJsonPatch(object, patch);
  } catch (error) {
    if (error instanceof JsonPatchError)
      throw new StatusError(
        'Invalid',
        `the server rejected our request due to an error in our request: ${error.message}`,
        {},
      );
    throw error;
  }
}

function applyStrategic(object: ApiObject, patch: unknown, typeName: string): unknown {
  try {
    return applyStrategicMergePatch(object, patch, typeName);
  } catch (error) {
    if (error instanceof StrategicPatchError) throw badRequest(error.message);
    throw error;
  }
}
