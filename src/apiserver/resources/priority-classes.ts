import type { PriorityClass } from '../../model/api/types.ts';
import {
  SYSTEM_PRIORITY_CLASSES,
  validatePriorityClass,
  validatePriorityClassUpdate,
} from '../../model/validation/priority-class.ts';
import type { ApiObject } from '../api-object.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN, typed } from './define.ts';

/** What is there from the beginning, to be made at start when it is missing. */
export const BOOTSTRAP_PRIORITY_CLASSES: readonly ApiObject[] = SYSTEM_PRIORITY_CLASSES.map((one) => ({
  ...one,
}));

export const priorityClasses = define({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  strategy: {
    applyDefaults: (object) => {
      object['preemptionPolicy'] ??= 'PreemptLowerPriority';
      return object;
    },
    validateCreate: (object) => validatePriorityClass(typed<PriorityClass>(object)),
    validateUpdate: (next, previous) =>
      validatePriorityClassUpdate(typed<PriorityClass>(next), typed<PriorityClass>(previous)),
  },
  columns: [
    NAME_COLUMN,
    column('Value', (object) => typed<PriorityClass>(object).value ?? 0, { type: 'integer' }),
    column('Global-Default', (object) => typed<PriorityClass>(object).globalDefault ?? false, {
      type: 'boolean',
    }),
    AGE_COLUMN,
    column('PreemptionPolicy', (object) => typed<PriorityClass>(object).preemptionPolicy ?? ''),
  ],
});
