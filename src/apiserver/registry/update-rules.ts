/** What a write may touch: the object, its status, or what a subresource is about. */
import { isDeepStrictEqual } from 'node:util';
import { copyPlain } from '../../model/copy-plain.ts';
import type { FieldError } from '../../model/field-error.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import { checkChangedMetadata, checkNewMetadata } from './object-rules.ts';
import { apiVersionOf, type RequestContext } from './request-scope.ts';

export interface UpdateRules {
  /** Empty for the object itself. */
  readonly subresource: string;
  /** The object as it would be stored: defaults filled in, what this write may not touch put back. */
  readonly prepare: (next: ApiObject, previous: ApiObject, context: RequestContext) => ApiObject;
  /** Whether the writer owns what it changes; not when the change has noted that itself, nor for the server's own writes. */
  readonly notesOwner: boolean;
  readonly validate: (next: ApiObject, previous: ApiObject, context: RequestContext) => readonly FieldError[];
}

/** A write of the object itself: the status stays as it is where it has a subresource. */
export function objectRules(resource: Resource): UpdateRules {
  const { strategy } = resource;
  return {
    subresource: '',
    notesOwner: true,
    prepare: (input, previous, context) => {
      const next = withIdentity(resource, strategy.applyDefaults?.(input) ?? input, previous);
      if (resource.hasStatus === true) restore(next, previous, 'status');
      strategy.prepareForUpdate?.(next, previous, context);
      if (strategy.countsGenerations === true) countGeneration(next, previous);
      return next;
    },
    validate: (next, previous, context) => [
      ...checkNewMetadata(resource, next),
      ...checkChangedMetadata(next, previous),
      ...strategy.validateUpdate(next, previous, context),
    ],
  };
}

/** A write of the status: all else stays, but for what metadata may say beside it. */
export function statusRules(resource: Resource): UpdateRules {
  const { strategy } = resource;
  return {
    subresource: 'status',
    notesOwner: true,
    prepare: (input, previous) => {
      const next: ApiObject = { ...copyPlain(previous) };
      if ('status' in input) next['status'] = input['status'];
      const { resourceVersion, managedFields } = input.metadata ?? {};
      next.metadata = {
        ...next.metadata,
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        ...(managedFields === undefined ? {} : { managedFields }),
      };
      return next;
    },
    validate: (next, previous, context) => strategy.validateStatusUpdate?.(next, previous, context) ?? [],
  };
}

/** A write of the server's own, which knows what it does. */
export function ownRules(resource: Resource, subresource = ''): UpdateRules {
  return {
    subresource,
    notesOwner: false,
    prepare: (next, previous) => {
      const prepared = withIdentity(resource, next, previous);
      if (subresource === '' && resource.strategy.countsGenerations === true)
        countGeneration(prepared, previous);
      return prepared;
    },
    validate: () => [],
  };
}

/** Clients may leave out what cannot change. */
function withIdentity(resource: Resource, next: ApiObject, previous: ApiObject): ApiObject {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, namespace } =
    previous.metadata ?? {};
  const {
    deletionTimestamp: _time,
    deletionGracePeriodSeconds: _grace,
    selfLink: _,
    ...given
  } = next.metadata ?? {};
  next.apiVersion = apiVersionOf(resource);
  next.kind = resource.kind;
  next.metadata = {
    ...given,
    ...(namespace === undefined ? {} : { namespace: given.namespace ?? namespace }),
    ...(uid === undefined ? {} : { uid: given.uid || uid }),
    ...(creationTimestamp === undefined
      ? {}
      : { creationTimestamp: given.creationTimestamp ?? creationTimestamp }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    ...(generation === undefined ? {} : { generation }),
  };
  return next;
}

function restore(next: ApiObject, previous: ApiObject, field: string): void {
  if (field in previous) next[field] = copyPlain(previous[field]);
  else delete next[field];
}

/** The generation counts what was wanted, so all but metadata and status. */
function countGeneration(next: ApiObject, previous: ApiObject): void {
  const before = previous.metadata?.generation ?? 1;
  const changed = !isDeepStrictEqual(wanted(next), wanted(previous));
  next.metadata = { ...next.metadata, generation: changed ? before + 1 : before };
}

function wanted({ metadata: _metadata, status: _status, ...rest }: ApiObject): object {
  return rest;
}
