import type { PodGroupV1alpha2, WorkloadV1alpha2 } from '../../model/api/types.ts';
import {
  validatePodGroup,
  validatePodGroupUpdate,
  validateWorkload,
  validateWorkloadUpdate,
} from '../../model/validation/pod-group.ts';
import { AGE_COLUMN, define, NAME_COLUMN, typed, withoutStatus } from './define.ts';

const GROUP = { group: 'scheduling.k8s.io', version: 'v1alpha2', namespaced: true } as const;

export const podGroups = define({
  ...GROUP,
  kind: 'PodGroup',
  plural: 'podgroups',
  typeName: 'PodGroupV1alpha2',
  hasStatus: true,
  strategy: {
    prepareForCreate: withoutStatus,
    validateCreate: (object) => validatePodGroup(typed<PodGroupV1alpha2>(object)),
    validateUpdate: (next, previous) =>
      validatePodGroupUpdate(typed<PodGroupV1alpha2>(next), typed<PodGroupV1alpha2>(previous)),
  },
  columns: [NAME_COLUMN, AGE_COLUMN],
});

export const workloads = define({
  ...GROUP,
  kind: 'Workload',
  plural: 'workloads',
  typeName: 'WorkloadV1alpha2',
  strategy: {
    validateCreate: (object) => validateWorkload(typed<WorkloadV1alpha2>(object)),
    validateUpdate: (next, previous) =>
      validateWorkloadUpdate(typed<WorkloadV1alpha2>(next), typed<WorkloadV1alpha2>(previous)),
  },
  columns: [NAME_COLUMN, AGE_COLUMN],
});
