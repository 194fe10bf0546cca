import type { FieldErrors } from '../field-error.ts';

/** A path that stays below the directory that it is relative to. */
export function checkDescendingPath(errors: FieldErrors, path: string, field: string): void {
  if (path.startsWith('/')) errors.invalid(field, path, 'must be a relative path');
  checkNoBacksteps(errors, path, field);
  checkNoNul(errors, path, field);
}

/** As `checkDescendingPath`, and not among the names that volumes use for themselves. */
export function checkFilePath(errors: FieldErrors, path: string, field: string): void {
  const before = errors.list.length;
  checkDescendingPath(errors, path, field);
  if (errors.list.length === before && path.startsWith('..')) {
    errors.invalid(field, path, "must not start with '..'");
  }
}

export function checkNoBacksteps(errors: FieldErrors, path: string, field: string): void {
  if (path.includes('..') && path.split('/').includes('..'))
    errors.invalid(field, path, "must not contain '..'");
}

/** The kernel would end the path there. */
export function checkNoNul(errors: FieldErrors, text: string, field: string): void {
  if (text.includes('\0')) errors.invalid(field, text, 'must not contain a NUL character');
}

/** For what is written into line-based files or headers: a line break there would forge another entry. */
export function checkNoControlCharacters(errors: FieldErrors, text: string, field: string): void {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) errors.invalid(field, text, 'must not contain control characters');
}
