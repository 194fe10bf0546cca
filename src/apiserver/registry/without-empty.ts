import type { ObjectMeta } from '../../model/api/types.ts';

const COLLECTIONS = ['labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields'] as const;

/** Metadata whose lists and maps that hold nothing are not there, as in Kubernetes: what was emptied and what never was look alike. */
export function withoutEmpty(metadata: ObjectMeta): ObjectMeta {
  const empty = COLLECTIONS.filter((field) => {
    const value = metadata[field];
    return value !== undefined && Object.keys(value).length === 0;
  });
  if (empty.length === 0) return metadata;
  const kept = { ...metadata };
  for (const field of empty) delete kept[field];
  return kept;
}
