import { defaultLimitRange } from '../../model/defaults/default-limits.ts';
import { validateLimitRange } from '../../model/validation/limit-range.ts';
import { CREATED_AT_COLUMN, define, NAME_COLUMN } from './define.ts';

export const limitRanges = define({
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  namespaced: true,
  strategy: {
    applyDefaults: (object) => ({ ...defaultLimitRange(object) }),
    validateCreate: (object) => validateLimitRange(object),
    validateUpdate: (next) => validateLimitRange(next),
  },
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
});
