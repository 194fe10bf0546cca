/** How much of a thing the engine takes, so that no input makes it crawl. */
import type { FieldErrors } from '../../../model/field-error.ts';

/** Far above what any sensible pod or node has. */
export const MAX_LIST_ITEMS = 2048;

/** The largest amount that numbers hold exactly. */
export const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;

export function checkCount(list: readonly unknown[], field: string, errors: FieldErrors): void {
  if (list.length > MAX_LIST_ITEMS) errors.tooMany(field, list.length, MAX_LIST_ITEMS);
}
