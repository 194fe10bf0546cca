/** Quantities as the plain numbers that the engine computes with. */
import type { FieldErrors } from '../../../model/field-error.ts';
import { milliValue, type Quantity, parseQuantity, wholeValue } from '../../../model/quantity.ts';
import { MAX_AMOUNT } from './limits.ts';

/** Milli-CPUs for `cpu`, else whole units, rounded up. What is wrong goes to `errors`, and the amount is 0. */
export function readAmount(resource: string, text: string, field: string, errors: FieldErrors): number {
  try {
    return checkAmount(amountOf(resource, parseQuantity(text)), text, field, errors);
  } catch (error) {
    errors.invalid(field, text, error instanceof Error ? error.message : String(error));
    return 0;
  }
}

export function amountOf(resource: string, quantity: Quantity): number {
  return Number(resource === 'cpu' ? milliValue(quantity) : wholeValue(quantity));
}

function checkAmount(amount: number, text: string, field: string, errors: FieldErrors): number {
  if (amount < 0) errors.invalid(field, text, 'must be greater than or equal to 0');
  else if (amount > MAX_AMOUNT) errors.invalid(field, text, `must be at most ${MAX_AMOUNT} units`);
  else return amount;
  return 0;
}
