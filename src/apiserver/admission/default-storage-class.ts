/** @see kubernetes/plugin/pkg/admission/storage/storageclass/setdefault/admission.go */
import type { PersistentVolumeClaim, StorageClass } from '../../model/api/types.ts';

const DEFAULT = 'storageclass.kubernetes.io/is-default-class';
const OLD_DEFAULT = 'storageclass.beta.kubernetes.io/is-default-class';

export function isDefaultClass({ metadata }: StorageClass): boolean {
  return metadata?.annotations?.[DEFAULT] === 'true' || metadata?.annotations?.[OLD_DEFAULT] === 'true';
}

/** A copy of a new claim that names the default class when it names none; of several the newest counts. */
export function withDefaultStorageClass(
  claim: PersistentVolumeClaim,
  classes: readonly StorageClass[],
): PersistentVolumeClaim {
  if (claim.spec?.storageClassName !== undefined) return claim;
  const [newest] = classes.filter(isDefaultClass).sort(byAge);
  const name = newest?.metadata?.name;
  return name === undefined ? claim : { ...claim, spec: { ...claim.spec, storageClassName: name } };
}

/** The newest first; of the same age by name. */
function byAge(a: StorageClass, b: StorageClass): number {
  const [first = '', second = ''] = [a.metadata?.creationTimestamp, b.metadata?.creationTimestamp];
  if (first !== second) return first > second ? -1 : 1;
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1;
}
