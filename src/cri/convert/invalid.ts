import { PeapodError } from '../../model/errors.ts';

/** @throws PeapodError Invalid, in Kubernetes' words */
export function invalid(field: string, value: unknown, why: string): never {
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 200)) : String(value);
  throw new PeapodError('Invalid', `${field}: Invalid value: ${shown}: ${why}`);
}

/** @throws PeapodError Invalid when it is not there, or empty */
export function required<Value>(value: Value | undefined, field: string): Value {
  if (value !== undefined && value !== '') return value;
  throw new PeapodError('Invalid', `${field}: Required value`);
}

/** @throws PeapodError Unsupported */
export function unsupported(field: string, why: string): never {
  throw new PeapodError('Unsupported', `${field}: not supported: ${why}`);
}
