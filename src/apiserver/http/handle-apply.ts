/** PATCH with a configuration that is applied: it makes the object when there is none. */
import { copyPlain } from '../../model/copy-plain.ts';
import { checkKind, textOf } from '../decode/decode-body.ts';
import { fitType } from '../decode/fit-type.ts';
import { parseYaml } from '../decode/parse-yaml.ts';
import type { ApiObject } from '../api-object.ts';
import { badRequest, invalid, StatusError } from '../errors/status-error.ts';
import { applyConfiguration } from '../fields/apply-configuration.ts';
import { createObject } from '../registry/create-object.ts';
import { timestamp } from '../registry/note-owner.ts';
import { apiVersionOf } from '../registry/request-scope.ts';
import { updateObject } from '../registry/update-object.ts';
import type { UpdateRules } from '../registry/update-rules.ts';
import type { ResourceCall } from './api.ts';
import { readBody } from './read-body.ts';
import { decodeOptions } from './read-object.ts';
import { isTrue } from './request-info.ts';
import { scopeOf } from './scope-of.ts';
import { writeObject, writeServed } from './write-objects.ts';

/** How often one who lost a race between making and changing tries again. */
const TRIES = 5;

export const APPLY_PATCH = 'application/apply-patch+yaml';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const OPTIONS = { group: 'meta.k8s.io', kind: 'PatchOptions' };

/** @throws StatusError Conflict, BadRequest, Invalid, NotFound when a subresource's object is not there */
export async function applyWith(call: ResourceCall, rules: UpdateRules): Promise<void> {
  const { query } = call.info;
  if ((query.get('fieldManager') ?? '') === '') {
    throw invalid(OPTIONS, '', [
      { field: 'fieldManager', type: 'Required', detail: 'is required for apply patch' },
    ]);
  }
  const configuration = await readConfiguration(call);
  const apply = (live: ApiObject | undefined) => applied(call, rules, configuration, live);
  const { registry, target, context, resource } = call;
  const scope = scopeOf(call);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const updated = await updateObject(
        registry,
        scope,
        target.name,
        apply,
        { ...rules, notesOwner: false },
        context,
      );
      return writeObject(call, 200, updated);
    } catch (error) {
      const mayCreate = rules.subresource === '' && (configuration.metadata?.uid ?? '') === '';
      if (!mayCreate || !isReason(error, 'NotFound')) throw error;
    }
    await call.authorizeAs('create');
    try {
      const object = { ...apply(undefined), apiVersion: apiVersionOf(resource), kind: resource.kind };
      const named = { ...object, metadata: { ...object.metadata, name: target.name } };
      return writeServed(
        call,
        201,
        await createObject(registry, scope, named, context, { notesOwner: false }),
      );
    } catch (error) {
      if (!isReason(error, 'AlreadyExists') || attempt >= TRIES) throw error;
    }
  }
}

function applied(
  call: ResourceCall,
  { subresource }: UpdateRules,
  configuration: ApiObject,
  live: ApiObject | undefined,
): ApiObject {
  const { resource, info, context } = call;
  const { resourceVersion: given, ...metadata } = configuration.metadata ?? {};
  const next = applyConfiguration(
    live,
    { ...configuration, metadata },
    {
      resource,
      writer: {
        manager: context.fieldManager ?? '',
        operation: 'Apply',
        subresource,
        apiVersion: apiVersionOf(resource),
      },
      now: timestamp(context.nowMs),
      force: isTrue(info.query.get('force')),
    },
  );
  if (context.fieldManager === 'kubectl') noteLastApplied(live, next, configuration);
  const { resourceVersion: _, ...rest } = next.metadata ?? {};
  return { ...next, metadata: { ...rest, ...(given === undefined ? {} : { resourceVersion: given }) } };
}

/** Who goes back to client-side apply finds what was applied last. */
function noteLastApplied(live: ApiObject | undefined, next: ApiObject, configuration: ApiObject): void {
  if (live?.metadata?.annotations?.[LAST_APPLIED] === undefined) return;
  const annotations = { ...next.metadata?.annotations, [LAST_APPLIED]: `${JSON.stringify(configuration)}\n` };
  next.metadata = { ...next.metadata, annotations };
}

async function readConfiguration(call: ResourceCall): Promise<ApiObject> {
  const options = decodeOptions(call, call.resource);
  const { value, duplicates } = parseYaml(textOf(await readBody(call.request)));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('error decoding YAML: the configuration is no object');
  if (duplicates.length > 0 && options.fieldValidation !== 'Ignore') {
    const text = duplicates.map((name) => `key ${JSON.stringify(name)} already set in map`).join(', ');
    if (options.fieldValidation === 'Strict') throw badRequest(`error strict decoding YAML: ${text}`);
    options.warn(text);
  }
  checkKind(value as ApiObject, options);
  const { value: fitted, unknown, wrong } = fitType(value, options.typeName);
  const problems = [
    ...unknown.map((path) => `.${path}: field not declared in schema`),
    ...wrong.map((text) => `.${text}`),
  ];
  // What YAML refers to twice must not be one object.
  if (problems.length === 0) return copyPlain(fitted);
  const { namespace = '', name = '' } = (fitted as ApiObject).metadata ?? {};
  throw badRequest(
    `failed to create typed patch object (${namespace}/${name}; ${options.apiVersion}, Kind=${options.kind}): ${problems.join(', ')}`,
  );
}

function isReason(error: unknown, reason: string): boolean {
  return error instanceof StatusError && error.reason === reason;
}
