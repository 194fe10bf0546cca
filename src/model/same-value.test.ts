import assert from 'node:assert/strict';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { sameValue } from './same-value.ts';

test('JSON values are the same exactly when they are deeply equal', () => {
  const json = () => fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(json(), json(), (a, b) => {
      const plain = [a, b].map((value): unknown => JSON.parse(JSON.stringify(value)));
      assert.equal(sameValue(plain[0], plain[1]), isDeepStrictEqual(plain[0], plain[1]));
      assert.ok(sameValue(plain[0], structuredClone(plain[0])));
    }),
  );
});

test('what is undefined is not there', () => {
  assert.ok(sameValue({ a: 1, b: undefined }, { a: 1 }));
  assert.ok(!sameValue({ constructor: 1 }, {}));
  assert.ok(!sameValue([], {}));
  assert.ok(!sameValue(null, {}));
});
