import type { StorageClass } from '../../model/api/types.ts';
import { validateStorageClass, validateStorageClassUpdate } from '../../model/validation/storage-class.ts';
import { isDefaultClass } from '../admission/default-storage-class.ts';
import { AGE_COLUMN, column, define, typed } from './define.ts';

export const storageClasses = define({
  group: 'storage.k8s.io',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  strategy: {
    applyDefaults: (object) => {
      object['reclaimPolicy'] ??= 'Delete';
      object['volumeBindingMode'] ??= 'Immediate';
      return object;
    },
    validateCreate: (object) => validateStorageClass(typed<StorageClass>(object)),
    validateUpdate: (next, previous) =>
      validateStorageClassUpdate(typed<StorageClass>(next), typed<StorageClass>(previous)),
  },
  columns: [
    column(
      'Name',
      (object) => {
        const name = object.metadata?.name ?? '';
        return isDefaultClass(typed<StorageClass>(object)) ? `${name} (default)` : name;
      },
      { format: 'name', description: 'Name must be unique within a namespace.' },
    ),
    column('Provisioner', (object) => typed<StorageClass>(object).provisioner),
    column('ReclaimPolicy', (object) => typed<StorageClass>(object).reclaimPolicy ?? ''),
    column('VolumeBindingMode', (object) => typed<StorageClass>(object).volumeBindingMode ?? ''),
    column('AllowVolumeExpansion', (object) => typed<StorageClass>(object).allowVolumeExpansion ?? false),
    AGE_COLUMN,
  ],
});
