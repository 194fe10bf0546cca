import type { ResourceQuota } from '../../model/api/types.ts';
import { defaultResourceQuota } from '../../model/defaults/default-limits.ts';
import { validateResourceQuota, validateResourceQuotaUpdate } from '../../model/validation/resource-quota.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN, withoutStatus } from './define.ts';

export const resourceQuotas = define({
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  namespaced: true,
  hasStatus: true,
  strategy: {
    applyDefaults: (object) => ({ ...defaultResourceQuota(object) }),
    prepareForCreate: withoutStatus,
    validateCreate: (object) => validateResourceQuota(object),
    validateUpdate: (next, previous) => validateResourceQuotaUpdate(next, previous),
  },
  columns: [
    NAME_COLUMN,
    column('Request', (object) => usage(object, false), {
      description: 'Request represents a minimum amount of cpu/memory that a container may consume.',
    }),
    column('Limit', (object) => usage(object, true), {
      description: 'Limits control the maximum amount of cpu/memory that a container may use.',
    }),
    AGE_COLUMN,
  ],
});

/** `cpu: 1/2, pods: 3/10` */
function usage({ status }: ResourceQuota, ofLimits: boolean): string {
  return Object.entries(status?.hard ?? {})
    .filter(([name]) => name.startsWith('limits') === ofLimits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
    .join(', ');
}
