import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { expandVariables, expandVariablesStrictly } from './expand-variables.ts';

const VARIABLES = new Map([
  ['VAR_A', 'A'],
  ['VAR_B', 'B'],
  ['VAR_REF', '$(VAR_A)'],
  ['VAR_EMPTY', ''],
]);

/** Upstream's cases. */
const CASES: [string, string][] = [
  ['$(VAR_A)', 'A'],
  ['___$(VAR_B)___', '___B___'],
  ['___$(VAR_B)', '___B'],
  ['$(VAR_A)$(VAR_B)', 'AB'],
  ['$(VAR_REF)', '$(VAR_A)'],
  ['%%$(VAR_REF)--$(VAR_REF)%%', '%%$(VAR_A)--$(VAR_A)%%'],
  ['foo$(VAR_EMPTY)bar', 'foobar'],
  ['foo$$(VAR_A)', 'foo$(VAR_A)'],
  ['foo$$$(VAR_A)', 'foo$A'],
  ['foo$$$$(VAR_A)', 'foo$$(VAR_A)'],
  ['$(NOWHERE)', '$(NOWHERE)'],
  ['$(VAR_A', '$(VAR_A'],
  ['$VAR_A', '$VAR_A'],
  ['$$', '$'],
  ['$', '$'],
  ['a$', 'a$'],
  ['$()', '$()'],
  ['$(VAR_A)$', 'A$'],
  ['$(foo$$bar)', '$(foo$$bar)'],
  ['\n$(VAR_A)\n', '\nA\n'],
  ['$$$$$$$(VAR_A)', '$$$A'],
  ['$?_boo_$!', '$?_boo_$!'],
];

test('variables are expanded once, as the kubelet does', () => {
  for (const [text, expanded] of CASES) {
    assert.equal(
      expandVariables(text, (name) => VARIABLES.get(name)),
      expanded,
      text,
    );
  }
});

test('doubling every dollar keeps any text as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('$', '(', ')', 'A', '😀') }), (text) => {
      assert.equal(
        expandVariables(text.replaceAll('$', '$$$$'), () => 'x'),
        text,
      );
    }),
  );
});

test('a path that needs a variable that is not set is an error', () => {
  assert.throws(() => expandVariablesStrictly('a/$(NOPE)', () => undefined), /missing value for "NOPE"/);
  assert.equal(
    expandVariablesStrictly('a/$(X)', () => 'y'),
    'a/y',
  );
});
