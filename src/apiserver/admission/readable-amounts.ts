import { type Quantity, tryParseQuantity } from '../../model/quantity.ts';

/** The amounts that can be read; what cannot is for validation to tell, which comes later. */
export function readableAmounts(list: Readonly<Record<string, string>> | undefined): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  for (const [name, text] of Object.entries(list ?? {})) {
    const quantity = tryParseQuantity(text);
    if (quantity !== undefined) amounts.set(name, quantity);
  }
  return amounts;
}
