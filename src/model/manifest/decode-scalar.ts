import type { Scalar } from 'yaml';
import type { FieldErrors } from '../field-error.ts';
import { parseQuantity } from '../quantity.ts';
import { isInteger, type PrimitiveName } from '../structure.ts';

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** The value of a scalar for a field of that type; `undefined`, and an error, when it does not fit. */
export function decodeScalar(node: Scalar, type: PrimitiveName, path: string, errors: FieldErrors): unknown {
  const { value } = node;
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value;
      errors.invalid(path, value, `must be a string${quotingHint(node)}`);
      return undefined;
    case 'byte':
      if (typeof value === 'string') return value;
      errors.invalid(path, value, 'must be a base64-encoded string');
      return undefined;
    case 'int':
    case 'long':
      if (isInteger(value, type)) return value;
      errors.invalid(path, value, Number.isInteger(value) ? 'is too large' : 'must be an integer');
      return undefined;
    case 'double':
      if (Number.isFinite(value)) return value;
      errors.invalid(path, value, 'must be a number');
      return undefined;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      errors.invalid(path, value, 'must be true or false');
      return undefined;
    case 'intOrString':
      if (Number.isSafeInteger(value) || typeof value === 'string') return value;
      errors.invalid(path, value, 'must be an integer or a string');
      return undefined;
    case 'time':
    case 'microtime':
      if (typeof value === 'string' && RFC3339.test(value) && !Number.isNaN(Date.parse(value))) return value;
      errors.invalid(path, value, 'must be a time like 2006-01-02T15:04:05Z');
      return undefined;
    case 'quantity':
      return decodeQuantity(node, path, errors);
    case 'any':
      return value;
  }
}

/** A quantity may be written as a number; the text of the source is kept, so that no digit is lost. */
function decodeQuantity(node: Scalar, path: string, errors: FieldErrors): string | undefined {
  const decimal = typeof node.value === 'number' && /^[-+]?[\d.]+(?:[eE][-+]?\d+)?$/.test(node.source ?? '');
  const text = decimal && !/^[-+]?0\d/.test(node.source ?? '') ? (node.source ?? '') : String(node.value);
  try {
    if (typeof node.value === 'boolean') throw new RangeError('must be a quantity like 500m or 64Mi');
    parseQuantity(text);
    return text;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    errors.invalid(path, node.value, error.message);
    return undefined;
  }
}

function quotingHint(node: Scalar): string {
  return node.source === undefined ? '' : `: write ${JSON.stringify(node.source)}`;
}
