import { RESERVABLE } from '../../../agent/node/node-reservations.ts';
import { tryParseQuantity } from '../../../model/quantity.ts';
import type { Field } from './fields.ts';

const NAMES: readonly string[] = RESERVABLE;

/** `{ cpu: 500m, memory: 1Gi }` */
export const RESERVED: Field<Record<string, string>> = {
  expected: `a map of quantities from 0 on, by ${NAMES.join(', ')}`,
  read: (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const found: Record<string, string> = {};
    for (const [name, amount] of Object.entries(value)) {
      const text = typeof amount === 'string' || typeof amount === 'number' ? String(amount) : '';
      const quantity = tryParseQuantity(text);
      if (!NAMES.includes(name) || quantity === undefined || quantity.nano < 0n) return undefined;
      found[name] = text;
    }
    return found;
  },
};
