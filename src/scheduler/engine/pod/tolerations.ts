/**
 * Which taints a pod bears.
 * @see kubernetes/staging/src/k8s.io/api/core/v1/toleration.go
 */
import type { Taint, Toleration } from '../../../model/api/types.ts';
import type { FieldErrors } from '../../../model/field-error.ts';
import { tolerates } from '../../../model/tolerations.ts';
import { checkCount } from './limits.ts';

const OPERATORS = ['Exists', 'Equal'];

export type TaintTest = (taint: Taint) => boolean;

export function compileTolerations(
  tolerations: readonly Toleration[] | undefined,
  field: string,
  errors: FieldErrors,
): TaintTest {
  const list = tolerations ?? [];
  checkCount(list, field, errors);
  for (const [index, { operator, key, value }] of list.entries()) {
    const at = `${field}[${index}]`;
    if (operator !== undefined && operator !== '' && !OPERATORS.includes(operator)) {
      errors.notSupported(`${at}.operator`, operator, OPERATORS);
    }
    if (!key && operator !== 'Exists') {
      errors.invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    }
    if (operator === 'Exists' && value) {
      errors.invalid(`${at}.operator`, operator, "value must be empty when `operator` is 'Exists'");
    }
  }
  return (taint) => list.some((toleration) => tolerates(toleration, taint));
}

/** A taint that keeps pods away, other than `PreferNoSchedule`. */
export function isHardTaint(taint: Taint): boolean {
  return taint.effect === 'NoSchedule' || taint.effect === 'NoExecute';
}
