import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliQuantity,
  milliValue,
  parseQuantity,
  quantityOf,
  type QuantityFormat,
  subtractQuantities,
  tryParseQuantity,
  wholeValue,
} from './quantity.ts';

const CANONICAL: [string, string][] = [
  ['0', '0'],
  ['0n', '0'],
  ['0Ki', '0'],
  ['1', '1'],
  ['-1', '-1'],
  ['+5', '5'],
  ['0.5', '500m'],
  ['.5', '500m'],
  ['1.', '1'],
  ['0.001', '1m'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['1000k', '1M'],
  ['1024', '1024'],
  ['1Ki', '1Ki'],
  ['1024Ki', '1Mi'],
  ['2048Mi', '2Gi'],
  ['1000Ki', '1000Ki'],
  ['1.5Gi', '1536Mi'],
  ['0.5Mi', '512Ki'],
  ['0.5Ki', '512'],
  ['0.1Gi', '107374182400m'],
  ['1e3', '1e3'],
  ['12E6', '12e6'],
  ['1E', '1E'],
  ['1e-3', '1e-3'],
  ['100e0', '100'],
  ['1n', '1n'],
  ['0.1n', '1n'],
  ['-0.1n', '-1n'],
  ['1.0000000001', '1000000001n'],
  ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775808', '9223372036854775807'],
  ['100E', '9223372036854775807'],
  ['1e400', '9223372036854775807'],
  ['1e-400', '1e-9'],
];

test('quantities are written canonically', () => {
  for (const [text, canonical] of CANONICAL) assert.equal(canonicalQuantity(text), canonical, text);
});

test('what is no quantity is refused in the words of Kubernetes', () => {
  for (const text of [
    '',
    '.',
    '-',
    'Mi',
    '1 Gi',
    '1,5',
    'abc',
    '1Gi ',
    '0x10',
    '1_000',
    '1..2',
    ' 1',
    '１',
  ]) {
    assert.throws(() => parseQuantity(text), /quantities must match the regular expression/, text);
    assert.equal(tryParseQuantity(text), undefined);
  }
  for (const text of [
    '1i',
    '1KI',
    '1mi',
    '1kk',
    '1K',
    '1e',
    '1e+',
    '1E-',
    '1Mi5',
    '1e1e1',
    '1e99999999999',
  ]) {
    assert.throws(() => parseQuantity(text), /unable to parse quantity's suffix|quantities must match/, text);
  }
});

test('whole and milli values round away from zero', () => {
  assert.equal(wholeValue(parseQuantity('1500m')), 2n);
  assert.equal(wholeValue(parseQuantity('-1500m')), -2n);
  assert.equal(milliValue(parseQuantity('0.0001')), 1n);
  assert.equal(milliValue(parseQuantity('2')), 2000n);
  assert.equal(wholeValue(parseQuantity('3Gi')), 3221225472n);
});

test('a hostile number of digits or a huge exponent costs nothing', () => {
  const started = process.cpuUsage().user;
  parseQuantity('9'.repeat(20_000));
  parseQuantity('1e999999999');
  parseQuantity('1e-999999999');
  assert.ok(process.cpuUsage(undefined).user - started < 1_000_000);
});

const anyFormat = fc.constantFrom<QuantityFormat>('DecimalSI', 'BinarySI', 'DecimalExponent');
const anyQuantity = fc.record({
  nano: fc.bigInt({ min: -(10n ** 26n), max: 10n ** 26n }),
  format: anyFormat,
});

test('what is formatted parses to the same amount and formats to the same text', () => {
  fc.assert(
    fc.property(anyQuantity, (quantity) => {
      const text = formatQuantity(quantity);
      const parsed = parseQuantity(text);
      assert.equal(compareQuantities(parsed, quantity), 0);
      assert.equal(formatQuantity(parsed), text);
    }),
  );
});

test('adding agrees with integers, and subtracting undoes it', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), anyQuantity, (a, b, quantity) => {
      assert.equal(wholeValue(addQuantities(quantityOf(a), quantityOf(b))), BigInt(a) + BigInt(b));
      assert.equal(milliValue(addQuantities(milliQuantity(a), milliQuantity(b))), BigInt(a) + BigInt(b));
      const back = subtractQuantities(addQuantities(quantity, quantityOf(a)), quantityOf(a));
      assert.equal(back.nano, quantity.nano);
    }),
  );
});

test('the order of quantities is the order of their amounts', () => {
  fc.assert(
    fc.property(anyQuantity, anyQuantity, (a, b) => {
      assert.equal(compareQuantities(a, b), -compareQuantities(b, a) + 0);
      assert.equal(compareQuantities(a, b) < 0, a.nano < b.nano);
    }),
  );
});
