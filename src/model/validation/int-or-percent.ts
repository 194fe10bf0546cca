import type { FieldErrors } from '../field-error.ts';

const PERCENT = /^[0-9]+%$/;

/** A whole number of pods, or a share of them: `3`, `25%`. */
export function checkIntOrPercent(
  errors: FieldErrors,
  value: number | string | undefined,
  field: string,
): void {
  if (value === undefined) return;
  if (typeof value === 'number') {
    if (value < 0) errors.invalid(field, value, 'must be greater than or equal to 0');
  } else if (!PERCENT.test(value) || value.endsWith('\n')) {
    errors.invalid(
      field,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    );
  }
}

export function checkAtMostAll(errors: FieldErrors, value: number | string | undefined, field: string): void {
  if (typeof value === 'string' && PERCENT.test(value) && Number.parseInt(value, 10) > 100)
    errors.invalid(field, value, 'must not be greater than 100%');
}

/** Whether it is none at all: `0` or `0%`. */
export function isNone(value: number | string | undefined): boolean {
  return value === undefined || value === 0 || (typeof value === 'string' && /^0+%$/.test(value));
}
