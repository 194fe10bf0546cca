/** @see kubernetes/pkg/apis/core/v1/defaults.go */
import { copyPlain } from '../copy-plain.ts';
import type { PersistentVolume } from '../api/types.ts';
import { canonicalizeQuantities } from './canonical-quantities.ts';

/** A copy with its reclaim policy and volume mode. */
export function defaultPersistentVolume(volume: PersistentVolume): PersistentVolume {
  const copy = copyPlain(volume);
  const spec = { ...copy.spec };
  spec.persistentVolumeReclaimPolicy ??= 'Retain';
  spec.volumeMode ??= 'Filesystem';
  if (spec.hostPath) spec.hostPath.type ??= '';
  if (spec.claimRef) spec.claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...spec.claimRef };
  const defaulted: PersistentVolume = { ...copy, apiVersion: 'v1', kind: 'PersistentVolume', spec };
  canonicalizeQuantities(defaulted, 'PersistentVolume');
  return defaulted;
}
