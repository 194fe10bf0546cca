import type { PersistentVolumeClaim } from '../../model/api/types.ts';
import { defaultPersistentVolumeClaim } from '../../model/defaults/default-config.ts';
import { refusedClaimFields } from '../../model/fields/refused-fields.ts';
import { validatePersistentVolumeClaim } from '../../model/validation/persistent-volume-claim.ts';
import { validatePersistentVolumeClaimUpdate } from '../../model/validation/persistent-volume-claim-update.ts';
import type { ApiObject } from '../api-object.ts';
import { shortAccessModes, volumePhase } from './access-modes.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';

export const persistentVolumeClaims = define({
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  hasStatus: true,
  strategy: {
    applyDefaults: (object) => ({ ...defaultPersistentVolumeClaim(object) }),
    prepareForCreate: (object) => {
      object['status'] = { phase: 'Pending' };
    },
    validateCreate: (object) => [...validatePersistentVolumeClaim(object), ...refusedClaimFields(object)],
    validateUpdate: (next, previous) => validatePersistentVolumeClaimUpdate(next, previous),
  },
  columns: [
    NAME_COLUMN,
    column('Status', (object) => {
      const { status, metadata } = object as PersistentVolumeClaim;
      return volumePhase(status?.phase, metadata?.deletionTimestamp);
    }),
    column('Volume', (object) => (object as PersistentVolumeClaim).spec?.volumeName ?? ''),
    column('Capacity', (object) => boundStatus(object)?.capacity?.['storage'] ?? ''),
    column('Access Modes', (object) => shortAccessModes(boundStatus(object)?.accessModes)),
    column('StorageClass', (object) => (object as PersistentVolumeClaim).spec?.storageClassName ?? ''),
    column(
      'VolumeAttributesClass',
      (object) => (object as PersistentVolumeClaim).spec?.volumeAttributesClassName ?? '<unset>',
    ),
    AGE_COLUMN,
    column('VolumeMode', (object) => (object as PersistentVolumeClaim).spec?.volumeMode ?? '<unset>', {
      priority: 1,
    }),
  ],
});

/** What the status says of a claim that has a volume. */
function boundStatus(object: ApiObject): PersistentVolumeClaim['status'] {
  const { spec, status } = object as PersistentVolumeClaim;
  return spec?.volumeName ? status : undefined;
}
