import type { ControllerRevision } from '../../model/api/types.ts';
import { validateControllerRevision } from '../../model/validation/workloads.ts';
import type { ApiObject } from '../api-object.ts';
import { AGE_COLUMN, column, define, NAME_COLUMN, typed, unchanged } from './define.ts';

export const controllerRevisions = define({
  group: 'apps',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  strategy: {
    validateCreate: (object) => validateControllerRevision(typed<ControllerRevision>(object)),
    validateUpdate: (next, previous) => [
      ...validateControllerRevision(typed<ControllerRevision>(next)),
      ...unchanged(next, previous, ['data']),
    ],
  },
  columns: [
    NAME_COLUMN,
    column('Controller', controllerOf, { description: 'Controller of the object' }),
    column('Revision', (object) => typed<ControllerRevision>(object).revision ?? 0),
    AGE_COLUMN,
  ],
});

/** `daemonset.apps/web` */
function controllerOf({ metadata }: ApiObject): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const [group = '', version] = owner.apiVersion.split('/');
  const kind = owner.kind.toLowerCase();
  return `${version === undefined ? kind : `${kind}.${group}`}/${owner.name}`;
}
