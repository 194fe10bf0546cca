import type { PersistentVolume } from '../../model/api/types.ts';
import { defaultPersistentVolume } from '../../model/defaults/default-persistent-volume.ts';
import {
  validatePersistentVolume,
  validatePersistentVolumeUpdate,
} from '../../model/validation/persistent-volume.ts';
import { shortAccessModes, volumePhase } from './access-modes.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';

export const persistentVolumes = define({
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  hasStatus: true,
  strategy: {
    applyDefaults: (object) => ({ ...defaultPersistentVolume(object) }),
    prepareForCreate: (object) => {
      object['status'] = { phase: 'Pending' };
    },
    validateCreate: (object) => validatePersistentVolume(object),
    validateUpdate: (next, previous) => validatePersistentVolumeUpdate(next, previous),
  },
  columns: [
    NAME_COLUMN,
    column('Capacity', (object) => (object as PersistentVolume).spec?.capacity?.['storage'] ?? ''),
    column('Access Modes', (object) => shortAccessModes((object as PersistentVolume).spec?.accessModes)),
    column(
      'Reclaim Policy',
      (object) => (object as PersistentVolume).spec?.persistentVolumeReclaimPolicy ?? '',
    ),
    column('Status', (object) => {
      const { status, metadata } = object as PersistentVolume;
      return volumePhase(status?.phase, metadata?.deletionTimestamp);
    }),
    column('Claim', (object) => {
      const claim = (object as PersistentVolume).spec?.claimRef;
      return claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`;
    }),
    column('StorageClass', (object) => (object as PersistentVolume).spec?.storageClassName ?? ''),
    column(
      'VolumeAttributesClass',
      (object) => (object as PersistentVolume).spec?.volumeAttributesClassName ?? '<unset>',
    ),
    column('Reason', (object) => (object as PersistentVolume).status?.reason ?? ''),
    AGE_COLUMN,
    column('VolumeMode', (object) => (object as PersistentVolume).spec?.volumeMode ?? '<unset>', {
      priority: 1,
    }),
  ],
});
