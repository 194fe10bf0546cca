/** Whether an object is made as the API says, so that the rest may rely on it. */
import { assertNoFieldErrors, FieldErrors } from '../../model/field-error.ts';
import { checkFields } from '../engine/pod/check-structure.ts';
import { type ClusterObject, readingFrom } from './cluster-objects.ts';

/** Read by readers that check for themselves. */
const CHECKED_LATER: ReadonlySet<string> = new Set(['Node', 'Pod', 'PodGroup']);

/** @throws PeapodError `Invalid` naming where the object stands, and each wrong field */
export function checkObject({ kind, object, origin }: ClusterObject): void {
  readingFrom(origin, () => {
    const errors = new FieldErrors();
    const type = kind === 'Workload' ? 'WorkloadV1alpha2' : kind;
    const isObject = typeof object === 'object' && object !== null;
    checkFields(type, object, isObject ? '' : kind, ['metadata'], errors);
    const name = errors.list.length === 0 ? (object.metadata?.name ?? '') : '';
    assertNoFieldErrors(kind, '', errors.list);
    if (name === '') errors.required('metadata.name');
    if (!CHECKED_LATER.has(kind)) {
      const fields = Object.keys(object).filter((field) => field !== 'metadata' && field !== 'status');
      checkFields(type, object, '', fields, errors);
    }
    if (kind === 'PodDisruptionBudget')
      checkFields(
        'PodDisruptionBudgetStatus',
        object.status,
        'status',
        ['disruptionsAllowed', 'disruptedPods'],
        errors,
      );
    assertNoFieldErrors(kind, name, errors.list);
  });
}
