/** Everything that comes before a new object is stored: its metadata, defaults, owners, admission and validation. */
import { randomUUID } from 'node:crypto';
import type { ObjectMeta } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import { sharedValue } from '../cache/shared-object.ts';
import { badRequest, invalid } from '../errors/status-error.ts';
import { newSpecFields } from '../fields/new-object-fields.ts';
import type { KnownSpec } from './known-specs.ts';
import { makersFields, noteOwner, timestamp } from './note-owner.ts';
import { checkNewMetadata } from './object-rules.ts';
import { randomName } from './random-name.ts';
import type { Registry } from './registry.ts';
import { type RequestContext, type Scope, apiVersionOf } from './request-scope.ts';
import { withoutEmpty } from './without-empty.ts';

/** An object that is ready to be stored. */
export interface Prepared {
  readonly object: ApiObject;
  /** What the object's metadata does not have of them, as JSON text. */
  readonly managedFields: string | undefined;
  /** Its specification as JSON text, where it is at hand. */
  readonly specJson?: string;
}

/**
 * @param input the caller's own copy
 * @param notesOwner false for who names the owners of the fields himself
 * @throws StatusError Invalid, Forbidden, BadRequest
 */
export async function prepareObject(
  registry: Registry,
  scope: Scope,
  input: ApiObject,
  context: RequestContext,
  notesOwner: boolean,
): Promise<Prepared> {
  const { resource } = scope;
  // What others own already is told apart by the whole object.
  const isMakers = notesOwner && input.metadata?.managedFields === undefined;
  const key = isMakers ? registry.knownSpecs.keyOf(scope, input) : undefined;
  const surroundings = key === undefined ? [] : registry.surroundings(scope, input);
  input.metadata = withoutEmpty(newMetadata(scope, input, context.nowMs));
  const known = registry.knownSpecs.get(key, surroundings);
  if (known !== undefined) return prepareAgain(registry, scope, input.metadata, known, context);
  const defaulted = resource.strategy.applyDefaults?.(input) ?? input;
  defaulted.apiVersion = apiVersionOf(resource);
  defaulted.kind = resource.kind;
  // What admission adds is nobody's.
  const isOwned = notesOwner && defaulted.metadata?.managedFields !== undefined;
  const object = isOwned ? noteOwner(resource, undefined, defaulted, context) : defaulted;
  const fields = key === undefined ? undefined : newSpecFields(object['spec'], resource);
  const managedFields = notesOwner && !isOwned ? makersFields(resource, object, context, fields) : undefined;
  const warnings = await settle(registry, scope, object, context, false);
  for (const warning of warnings) context.warn(warning);
  if (key === undefined || fields === undefined) return { object, managedFields };
  const json = JSON.stringify(object['spec']);
  const { annotations } = object.metadata ?? {};
  const spec = sharedValue(object['spec']);
  registry.knownSpecs.remember(key, { spec, json, fields, annotations, warnings, surroundings });
  return { object, managedFields, specJson: json };
}

/** The same for an object whose specification is known: what hangs on that alone has been done. */
async function prepareAgain(
  registry: Registry,
  scope: Scope,
  metadata: ObjectMeta,
  known: KnownSpec,
  context: RequestContext,
): Promise<Prepared> {
  const { resource } = scope;
  const object: ApiObject = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata,
    spec: known.spec,
  };
  const managedFields = makersFields(resource, object, context, known.fields);
  if (known.annotations !== undefined) metadata.annotations = known.annotations;
  await settle(registry, scope, object, context, true);
  for (const warning of known.warnings) context.warn(warning);
  return { object, managedFields, specJson: known.json };
}

/** Admits the object and validates it. @param isSettled it has all that admission gives it, and was found valid but for its metadata */
async function settle(
  registry: Registry,
  scope: Scope,
  object: ApiObject,
  context: RequestContext,
  isSettled: boolean,
): Promise<readonly string[]> {
  const { resource } = scope;
  const { strategy } = resource;
  strategy.prepareForCreate?.(object, context);
  const { name = '' } = object.metadata ?? {};
  const admission = registry.admit({
    operation: 'CREATE',
    scope,
    name,
    subresource: '',
    object,
    previous: undefined,
    isSettled,
    context,
  });
  if (admission !== undefined) await admission;
  const errors = checkNewMetadata(resource, object);
  if (!isSettled || errors.length > 0) errors.push(...strategy.validateCreate(object, context));
  if (errors.length > 0) throw invalid(resource, name, errors);
  return isSettled ? [] : (strategy.warnings?.(object) ?? []);
}

/** What only the server says. */
const NEVER_GIVEN = [
  'resourceVersion',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

function newMetadata({ resource, namespace }: Scope, object: ApiObject, nowMs: number): ObjectMeta {
  const given = object.metadata ?? {};
  if (given.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created');
  const metadata = { ...given };
  for (const field of NEVER_GIVEN) if (metadata[field] !== undefined) delete metadata[field];
  if (resource.namespaced && metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  const name = metadata.name || (metadata.generateName ? randomName(metadata.generateName) : undefined);
  const made: ObjectMeta = name === undefined ? metadata : Object.assign({ name }, metadata, { name });
  if (resource.namespaced) made.namespace = namespace;
  made.uid = randomUUID();
  made.creationTimestamp = timestamp(nowMs);
  if (resource.strategy.countsGenerations === true) made.generation = 1;
  return made;
}
