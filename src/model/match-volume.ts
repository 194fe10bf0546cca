/**
 * Which volume suits a claim.
 * @see kubernetes/pkg/controller/volume/persistentvolume/index.go
 */
import type { Node, PersistentVolume, PersistentVolumeClaim } from './api/types.ts';
import { matchesLabelSelector } from './label-selector.ts';
import { matchesNodeSelector } from './node-selector.ts';
import { compareQuantities, tryParseQuantity, ZERO_QUANTITY } from './quantity.ts';

/** Whether a volume says that it is this claim's. A name without a uid is a claim of that name, whichever comes. */
export function isBoundTo({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { namespace, name, uid = '' } = spec?.claimRef ?? {};
  return (
    namespace === metadata?.namespace && name === metadata?.name && (uid === '' || uid === metadata?.uid)
  );
}

/** Why a volume is not what a claim asks for; nothing when it is. */
export function volumeMismatch(
  { spec = {} }: PersistentVolume,
  { spec: wanted = {} }: PersistentVolumeClaim,
): string | undefined {
  const asked = tryParseQuantity(wanted.resources?.requests?.['storage'] ?? '0') ?? ZERO_QUANTITY;
  const size = tryParseQuantity(spec.capacity?.['storage'] ?? '0') ?? ZERO_QUANTITY;
  if (compareQuantities(size, asked) < 0) return 'requested PV is too small';
  if ((spec.storageClassName ?? '') !== (wanted.storageClassName ?? ''))
    return 'storageClassName does not match';
  if ((spec.volumeMode ?? 'Filesystem') !== (wanted.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode';
  const modes = spec.accessModes ?? [];
  return (wanted.accessModes ?? []).every((mode) => modes.includes(mode))
    ? undefined
    : 'incompatible accessMode';
}

/** Whether a node reaches a volume. */
export function isReachable({ spec }: PersistentVolume, node: Node): boolean {
  const required = spec?.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/**
 * The volume that a claim gets: one that waits for it, else the smallest that suits it and is free.
 * @param node where the claim is to be used; nothing when any will do
 */
export function findVolume(
  volumes: readonly PersistentVolume[],
  claim: PersistentVolumeClaim,
  node?: Node,
): PersistentVolume | undefined {
  const suiting = volumes.filter(
    (volume) =>
      volume.metadata?.deletionTimestamp === undefined && volumeMismatch(volume, claim) === undefined,
  );
  const reserved = suiting.find((volume) => volume.spec?.claimRef !== undefined && isBoundTo(volume, claim));
  if (reserved !== undefined) return reserved;
  const { selector } = claim.spec ?? {};
  const free = suiting.filter(
    (volume) =>
      volume.spec?.claimRef === undefined &&
      volume.status?.phase === 'Available' &&
      (selector === undefined || matchesLabelSelector(selector, volume.metadata?.labels)) &&
      (node === undefined || isReachable(volume, node)),
  );
  const size = ({ spec }: PersistentVolume) =>
    tryParseQuantity(spec?.capacity?.['storage'] ?? '0') ?? ZERO_QUANTITY;
  return free.toSorted((a, b) => compareQuantities(size(a), size(b)))[0];
}
