import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import {
  formatLabelSelector,
  type LabelRequirement,
  matchesLabelSelector,
  matchesRequirements,
  parseLabelSelector,
} from './label-selector.ts';

test('no selector selects nothing, and an empty one everything', () => {
  assert.equal(matchesLabelSelector(undefined, { a: 'b' }), false);
  assert.equal(matchesLabelSelector({}, { a: 'b' }), true);
  assert.equal(matchesLabelSelector({}, undefined), true);
});

const MATCHES: [string, Record<string, string>, boolean][] = [
  ['', {}, true],
  ['app=web', { app: 'web' }, true],
  ['app==web', { app: 'db' }, false],
  ['app!=web', {}, true],
  ['app!=web', { app: 'web' }, false],
  ['app in (web, db)', { app: 'db' }, true],
  ['app in (web,db)', {}, false],
  ['app notin (web,db)', {}, true],
  ['app notin (web,db)', { app: 'web' }, false],
  ['app', { app: '' }, true],
  ['!app', { app: '' }, false],
  ['!app', {}, true],
  ['n>3', { n: '4' }, true],
  ['n>3', { n: '3' }, false],
  ['n<3', { n: 'x' }, false],
  ['a=1,b=2', { a: '1' }, false],
  ['app=', { app: '' }, true],
  ['constructor', {}, false],
  ['example.com/in in (notin)', { 'example.com/in': 'notin' }, true],
];

for (const [selector, labels, expected] of MATCHES) {
  test(`${selector || 'nothing'} ${expected ? 'selects' : 'leaves'} ${JSON.stringify(labels)}`, () => {
    assert.equal(matchesRequirements(parseLabelSelector(selector), labels), expected);
  });
}

test('what cannot be read is told', () => {
  for (const text of ['a b', 'a in b', 'a in (b', '=x', '!', 'a=b c', 'a>x', '-a', 'a=-']) {
    assert.throws(() => parseLabelSelector(text), /unable to parse requirement/, text);
  }
});

const name = fc.constantFrom('a', 'example.com/b', 'in', 'notin', 'c.d');
const value = fc.constantFrom('x', 'y', 'Z-1', 'in');
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({
    key: name,
    operator: fc.constantFrom('In' as const, 'NotIn' as const),
    values: fc.uniqueArray(value, { minLength: 1 }),
  }),
  fc.record({
    key: name,
    operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const),
    values: fc.constant([]),
  }),
);

test('a selector in one line means the same', () => {
  const labels = fc.dictionary(name, value);
  fc.assert(
    fc.property(fc.array(requirement), labels, (requirements, map) => {
      const parsed = parseLabelSelector(formatLabelSelector(requirements));
      assert.equal(matchesRequirements(parsed, map), matchesRequirements(requirements, map));
    }),
  );
});
