import type { JobSpec, SuccessPolicyRule } from '../api/types.ts';
import type { FieldErrors } from '../field-error.ts';

const MAX_RULES = 20;

/** Which indexes are enough. @see kubernetes/pkg/apis/batch/validation/validation.go validateSuccessPolicy */
export function validateSuccessPolicy(errors: FieldErrors, spec: JobSpec, field: string): void {
  const rules = spec.successPolicy?.rules ?? [];
  const path = `${field}.rules`;
  if (rules.length === 0)
    errors.required(path, 'at least one rules must be specified when the successPolicy is specified');
  if (rules.length > MAX_RULES) errors.tooMany(path, rules.length, MAX_RULES);
  for (const [index, rule] of rules.entries())
    validateRule(errors, rule, spec.completions ?? 0, `${path}[${index}]`);
}

function validateRule(
  errors: FieldErrors,
  { succeededCount, succeededIndexes }: SuccessPolicyRule,
  completions: number,
  field: string,
): void {
  if (succeededCount === undefined && succeededIndexes === undefined)
    errors.required(field, 'at least one of succeededCount or succeededIndexes must be specified');
  const total = succeededIndexes === undefined ? undefined : countIndexes(succeededIndexes, completions);
  if (total?.problem !== undefined) {
    const detail = `error parsing succeededIndexes: ${total.problem}`;
    errors.invalid(`${field}.succeededIndexes`, succeededIndexes, detail);
  }
  if (succeededCount === undefined) return;
  const counted = `${field}.succeededCount`;
  if (succeededCount < 0) errors.invalid(counted, succeededCount, 'must be greater than or equal to 0');
  if (succeededCount > completions) {
    const detail = `must be less than or equal to ${completions} (the number of specified completions)`;
    errors.invalid(counted, succeededCount, detail);
  }
  if (total !== undefined && total.problem === undefined && succeededCount > total.count) {
    const detail = `must be less than or equal to ${total.count} (the number of indexes in the specified succeededIndexes field)`;
    errors.invalid(counted, succeededCount, detail);
  }
}

function countIndexes(text: string, completions: number): { count: number; problem?: string } {
  let count = 0;
  let before = -1;
  if (text === '') return { count };
  for (const part of text.split(',')) {
    const [first = '', last = first, ...more] = part.split('-');
    const wrong = [first, last].find((one) => !/^\d{1,9}$/.test(one));
    if (wrong !== undefined || more.length > 0)
      return {
        count,
        problem: `cannot convert string to integer for index: ${JSON.stringify(wrong ?? part)}`,
      };
    const [low, high] = [Number(first), Number(last)];
    if (high >= completions) return { count, problem: `too large index: ${JSON.stringify(String(high))}` };
    if (low <= before || high < low)
      return {
        count,
        problem: `non-increasing order, previous: ${before}, current: ${low <= before ? low : high}`,
      };
    count += high - low + 1;
    before = high;
  }
  return { count };
}
