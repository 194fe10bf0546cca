/**
 * How an object goes away: at once, after its grace period, or when its last finalizer is gone.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go
 */
import type { DeleteOptions } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

/** Whether nothing holds an object any more that is to be deleted. */
export function isReleased({ kind, metadata, spec }: ApiObject): boolean {
  const { finalizers = [] } = (kind === 'Namespace' ? (spec ?? {}) : {}) as { finalizers?: string[] };
  return (
    finalizers.length === 0 &&
    metadata?.deletionTimestamp !== undefined &&
    (metadata.finalizers ?? []).length === 0 &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0
  );
}

/** The object as it is after a request to delete it; `isReleased` tells whether it goes at once. */
export function markDeleted(
  resource: Resource,
  object: ApiObject,
  options: DeleteOptions,
  nowMs: number,
): ApiObject {
  const metadata = { ...object.metadata, finalizers: finalizersAfter(object, options) };
  if (metadata.finalizers.length === 0) delete (metadata as { finalizers?: string[] }).finalizers;
  const grace = graceSeconds(resource, object, options);
  const before = metadata.deletionGracePeriodSeconds;
  if (metadata.deletionTimestamp !== undefined && before !== undefined && before <= grace)
    return { ...object, metadata };
  metadata.deletionGracePeriodSeconds = grace;
  const earlier = metadata.deletionTimestamp;
  // The time of the request, as far as an earlier one tells it, and the new grace period.
  const requested = earlier === undefined ? nowMs : Date.parse(earlier) - (before ?? 0) * 1000;
  metadata.deletionTimestamp = new Date(Math.max(nowMs, requested + grace * 1000))
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  if (resource.strategy.countsGenerations === true && earlier === undefined)
    metadata.generation = (metadata.generation ?? 0) + 1;
  return { ...object, metadata };
}

function graceSeconds({ strategy }: Resource, object: ApiObject, options: DeleteOptions): number {
  const requested = options.gracePeriodSeconds;
  return Math.max(0, strategy.gracePeriodSeconds?.(object, requested) ?? 0);
}

/** Background deletion needs no finalizer: the garbage collector finds what has lost its owner. */
function finalizersAfter({ metadata }: ApiObject, options: DeleteOptions): string[] {
  const others = (metadata?.finalizers ?? []).filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const policy = options.propagationPolicy ?? (options.orphanDependents === true ? 'Orphan' : undefined);
  if (policy === undefined && options.orphanDependents === undefined)
    return [...(metadata?.finalizers ?? [])];
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Foreground' ? [...others, FOREGROUND] : others;
}
