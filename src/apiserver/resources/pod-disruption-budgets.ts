import type { PodDisruptionBudget } from '../../model/api/types.ts';
import { validatePodDisruptionBudget } from '../../model/validation/pod-disruption-budget.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN } from './define.ts';

const NOTHING_ALLOWED = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };

export const podDisruptionBudgets = define({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  namespaced: true,
  hasStatus: true,
  strategy: {
    countsGenerations: true,
    prepareForCreate: (object) => {
      object['status'] = { ...NOTHING_ALLOWED };
    },
    validateCreate: (object) => validatePodDisruptionBudget(object),
    validateUpdate: (next) => validatePodDisruptionBudget(next),
  },
  columns: [
    NAME_COLUMN,
    column('Min Available', (object) => String((object as PodDisruptionBudget).spec?.minAvailable ?? 'N/A')),
    column('Max Unavailable', (object) =>
      String((object as PodDisruptionBudget).spec?.maxUnavailable ?? 'N/A'),
    ),
    column(
      'Allowed Disruptions',
      (object) => (object as PodDisruptionBudget).status?.disruptionsAllowed ?? 0,
      {
        type: 'integer',
      },
    ),
    AGE_COLUMN,
  ],
});
