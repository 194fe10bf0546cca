import type { FieldErrors } from '../field-error.ts';

/** The largest user or group that Linux containers may have in Kubernetes. */
export const MAX_ID = 2_147_483_647;
const MAX_PORT = 65_535;
const MAX_MODE = 0o777;

export function inclusiveRange(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

export function checkRange(
  errors: FieldErrors,
  value: number | undefined,
  field: string,
  low: number,
  high: number,
): void {
  if (value !== undefined && !(value >= low && value <= high))
    errors.invalid(field, value, inclusiveRange(low, high));
}

export function checkNotNegative(errors: FieldErrors, value: number | undefined, field: string): void {
  if (value !== undefined && value < 0) errors.invalid(field, value, 'must be greater than or equal to 0');
  checkInt32(errors, value, field);
}

export function checkInt32(errors: FieldErrors, value: number | undefined, field: string): void {
  if (value !== undefined && value > MAX_ID) errors.invalid(field, value, inclusiveRange(0, MAX_ID));
}

export function checkPort(errors: FieldErrors, value: number | undefined, field: string): void {
  checkRange(errors, value, field, 1, MAX_PORT);
}

/** A user's or a group's. Larger ones would wrap around to another user in the kernel. */
export function checkId(errors: FieldErrors, value: number | undefined, field: string): void {
  checkRange(errors, value, field, 0, MAX_ID);
}

export function checkFileMode(errors: FieldErrors, value: number | undefined, field: string): void {
  if (value !== undefined && (value < 0 || value > MAX_MODE)) {
    errors.invalid(field, value, 'must be a number between 0 and 0777 (octal), both inclusive');
  }
}
