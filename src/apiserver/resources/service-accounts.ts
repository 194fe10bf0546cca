import type { ServiceAccount } from '../../model/api/types.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN, PLAIN } from './define.ts';

export const serviceAccounts = define({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  strategy: PLAIN,
  columns: [
    NAME_COLUMN,
    column('Secrets', (object) => (object as ServiceAccount).secrets?.length ?? 0),
    AGE_COLUMN,
  ],
});
