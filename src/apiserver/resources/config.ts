import { isDeepStrictEqual } from 'node:util';
import type { ConfigMap, Secret } from '../../model/api/types.ts';
import { defaultConfigMap, defaultSecret } from '../../model/defaults/default-config.ts';
import { FieldErrors } from '../../model/field-error.ts';
import { validateConfigMap, validateSecret } from '../../model/validation/validate-config.ts';
import type { ApiObject } from '../api-object.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN, unchanged } from './define.ts';

export const configMaps = define({
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  strategy: {
    applyDefaults: (object) => ({ ...defaultConfigMap(object) }),
    validateCreate: (object) => validateConfigMap(object),
    validateUpdate: (next, previous) => [
      ...validateConfigMap(next),
      ...immutableErrors(next, previous, ['data', 'binaryData']),
    ],
  },
  columns: [
    NAME_COLUMN,
    column('Data', (object) => {
      const { data = {}, binaryData = {} } = object as ConfigMap;
      return Object.keys(data).length + Object.keys(binaryData).length;
    }),
    AGE_COLUMN,
  ],
});

export const secrets = define({
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  strategy: {
    applyDefaults: (object) => ({ ...defaultSecret(object) }),
    validateCreate: (object) => validateSecret(object),
    validateUpdate: (next, previous) => [
      ...validateSecret(next),
      ...unchanged(next, previous, ['type']),
      ...immutableErrors(next, previous, ['data']),
    ],
  },
  columns: [
    NAME_COLUMN,
    column('Type', (object) => (object as Secret).type ?? ''),
    column('Data', (object) => Object.keys((object as Secret).data ?? {}).length),
    AGE_COLUMN,
  ],
  selectableFields: { type: (object) => (object as Secret).type ?? '' },
});

/** What has been made immutable stays as it is, and immutable. */
function immutableErrors(
  next: ApiObject,
  previous: ApiObject,
  fields: readonly string[],
): FieldErrors['list'] {
  const errors = new FieldErrors();
  if (previous['immutable'] !== true) return errors.list;
  if (next['immutable'] !== true) errors.forbidden('immutable', 'field is immutable when `immutable` is set');
  for (const field of fields) {
    if (!isDeepStrictEqual(next[field] ?? {}, previous[field] ?? {}))
      errors.forbidden(field, 'field is immutable when `immutable` is set');
  }
  return errors.list;
}
