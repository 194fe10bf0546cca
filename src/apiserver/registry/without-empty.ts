import type { ObjectMeta } from '../../model/api/types.ts';

const COLLECTIONS = ['labels', 'annotations', 'ownerReferences', 'finalizers', 'managedFields'] as const;

/** Metadata whose lists and maps that hold nothing are not there, as in Kubernetes: what was emptied and what never was look alike. */
export function withoutEmpty(metadata: ObjectMeta): ObjectMeta {
  let kept = metadata;
  for (const field of COLLECTIONS) {
    const value = metadata[field];
    if (value === undefined || !isEmpty(value)) continue;
    if (kept === metadata) kept = { ...metadata };
    delete kept[field];
  }
  return kept;
}

function isEmpty(value: object): boolean {
  // oxlint-disable-next-line no-unreachable-loop -- the first is enough, and a list of all would be thrown away
  for (const _ in value) return false;
  return true;
}
