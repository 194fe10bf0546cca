/**
 * Kubernetes quantities: fixed-point numbers with a suffix, exact to a billionth.
 * @see kubernetes/staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go
 */

/** How a quantity is written: `1500m`, `64Mi`, `12e3`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  /** The amount in billionths. */
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;
/** Larger amounts are cut to this, as Kubernetes does. */
const MAX_NANO = (2n ** 63n - 1n) * NANO;
const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/;
const WRONG_FORMAT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const DECIMAL_EXPONENT: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const DECIMAL_SUFFIX = new Map([...DECIMAL_EXPONENT].map(([suffix, exponent]) => [exponent, suffix]));
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

export const ZERO_QUANTITY: Quantity = { nano: 0n, format: 'DecimalSI' };

/** Most quantities are among few texts, and are read many times over. */
const known = new Map<string, Quantity>();
const MAX_KNOWN = 2000;

/** @throws RangeError with Kubernetes' words when `text` is no quantity */
export function parseQuantity(text: string): Quantity {
  const earlier = known.get(text);
  if (earlier !== undefined) return earlier;
  const quantity = readQuantity(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, quantity);
  return quantity;
}

function readQuantity(text: string): Quantity {
  const match = SHAPE.exec(text);
  const [, sign = '', whole = '', fraction = '', suffix = ''] = match ?? [];
  if (!match || whole + fraction === '') throw new RangeError(WRONG_FORMAT);
  const scale = readSuffix(suffix);
  if (scale === undefined) throw new RangeError("unable to parse quantity's suffix");
  const magnitude = scaleToNano(BigInt(whole + fraction), fraction.length, scale);
  const nano = magnitude > MAX_NANO ? MAX_NANO : magnitude;
  const format = scale.format === 'BinarySI' && nano > 0n && nano < NANO ? 'DecimalSI' : scale.format;
  return { nano: sign === '-' ? -nano : nano, format };
}

/** Nothing when `text` is no quantity. */
export function tryParseQuantity(text: string): Quantity | undefined {
  try {
    return parseQuantity(text);
  } catch {
    return undefined;
  }
}

type Scale = { base: 2 | 10; exponent: number; format: QuantityFormat };

function readSuffix(suffix: string): Scale | undefined {
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  if (binary > 0) return { base: 2, exponent: binary * 10, format: 'BinarySI' };
  const decimal = DECIMAL_EXPONENT.get(suffix);
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' };
  const exponent = /^[eE]([+-]?\d{1,10})$/.exec(suffix)?.[1];
  return exponent === undefined
    ? undefined
    : { base: 10, exponent: Number(exponent), format: 'DecimalExponent' };
}

/** `digits` × 10^-fractionDigits × the scale, in billionths, rounded away from zero. */
function scaleToNano(digits: bigint, fractionDigits: number, scale: Scale): bigint {
  if (digits === 0n) return 0n;
  if (scale.base === 2)
    return divideUp((digits << BigInt(scale.exponent)) * NANO, 10n ** BigInt(fractionDigits));
  const exponent = scale.exponent - fractionDigits + 9;
  // No number of digits that fits into memory brings these back into range.
  if (exponent > 40) return MAX_NANO + 1n;
  if (exponent >= 0) return digits * 10n ** BigInt(exponent);
  const digitCount = digits.toString().length;
  return -exponent >= digitCount ? 1n : divideUp(digits, 10n ** BigInt(-exponent));
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  if (quotient * divisor === dividend) return quotient;
  return dividend > 0n ? quotient + 1n : quotient - 1n;
}

/** The canonical form: no fraction, no precision lost, the largest suffix possible. */
export function formatQuantity(quantity: Quantity): string {
  const { nano } = quantity;
  const inBinary =
    quantity.format === 'BinarySI' && nano % NANO === 0n && (nano <= -1024n * NANO || nano >= 1024n * NANO);
  if (inBinary) return formatBinary(nano / NANO);
  return formatDecimal(nano, quantity.format === 'DecimalExponent');
}

function formatBinary(value: bigint): string {
  let amount = value;
  let power = 0;
  while (amount % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
    amount /= 1024n;
    power++;
  }
  return `${amount}${BINARY_SUFFIXES[power]}`;
}

function formatDecimal(nano: bigint, asExponent: boolean): string {
  if (nano === 0n) return '0';
  let amount = nano;
  let exponent = -9;
  while (amount % 1000n === 0n && exponent < 18) {
    amount /= 1000n;
    exponent += 3;
  }
  if (!asExponent) return `${amount}${DECIMAL_SUFFIX.get(exponent) ?? ''}`;
  return exponent === 0 ? String(amount) : `${amount}e${exponent}`;
}

/** @throws RangeError when `text` is no quantity */
export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text));
}

export function quantityOf(value: bigint | number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nano: BigInt(value) * NANO, format };
}

export function milliQuantity(milli: bigint | number): Quantity {
  return { nano: BigInt(milli) * MILLI, format: 'DecimalSI' };
}

/** In whole units, rounded away from zero: bytes, CPUs. */
export function wholeValue(quantity: Quantity): bigint {
  return divideUp(quantity.nano, NANO);
}

/** In thousandths, rounded away from zero: milli-CPUs. */
export function milliValue(quantity: Quantity): bigint {
  return divideUp(quantity.nano, MILLI);
}

/** A zero takes the other's format. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Negative, zero or positive, for sorting. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  if (a.nano === b.nano) return 0;
  return a.nano < b.nano ? -1 : 1;
}

export function maxQuantity(a: Quantity, b: Quantity): Quantity {
  return a.nano >= b.nano ? a : b;
}
