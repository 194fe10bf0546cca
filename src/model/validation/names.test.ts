import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import test from 'node:test';
import * as fc from 'fast-check';
import {
  checkDnsLabel,
  checkEnvVarName,
  checkLabelValue,
  checkPortName,
  checkQualifiedName,
  isIp,
} from './names.ts';

const TABLE: [string, (value: string) => readonly string[], string[], string[]][] = [
  [
    'DNS labels',
    checkDnsLabel,
    ['a', 'a-1', '1', 'a'.repeat(63)],
    ['', '-a', 'a-', 'A', 'a.b', 'a_b', 'a\n', 'ä', 'a'.repeat(64)],
  ],
  [
    'qualified names',
    checkQualifiedName,
    ['a', 'A_b.c', 'example.com/a'],
    ['', '/', 'a/', '/a', 'a/b/c', 'Example.com/a', '-a', 'a\n'],
  ],
  ['label values', checkLabelValue, ['', 'a', 'A_b.c-d'], ['-', 'a b', 'a\n', 'a'.repeat(64)]],
  [
    'environment names',
    checkEnvVarName,
    ['A', 'a.b-c', 'with space', '1'],
    ['', 'a=b', 'a\n', 'ä', '\u0000'],
  ],
  ['port names', checkPortName, ['http', 'a-1'], ['', '80', 'a--b', '-a', 'a-', 'A', 'a'.repeat(16)]],
];

for (const [what, check, good, bad] of TABLE) {
  test(`${what} are told from what is none`, () => {
    for (const value of good) assert.deepEqual(check(value), [], value);
    for (const value of bad) assert.notDeepEqual(check(value), [], JSON.stringify(value));
  });
}

test('IP addresses are those that the system takes, without zones', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ unit: fc.constantFrom(...'0123456789abf:.'.split('')) })),
      (text) => {
        assert.equal(isIp(text), isIP(text) !== 0, text);
      },
    ),
    { numRuns: 1000 },
  );
  assert.ok(!isIp('fe80::1%eth0'));
  assert.ok(!isIp('01.2.3.4'));
});
