import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { copyPlain } from './copy-plain.ts';

test('a copy is the same, and shares nothing that can be changed', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = copyPlain(value);
      assert.deepEqual(JSON.stringify(copy), JSON.stringify(value));
      assertApart(copy, value);
    }),
  );
});

test('a key named __proto__ is copied like any other', () => {
  const value = JSON.parse('{"__proto__":{"a":{"b":1}},"c":2}') as object;
  const copy = copyPlain(value);
  assert.equal(JSON.stringify(copy), JSON.stringify(value));
  assert.equal(Object.getPrototypeOf(copy), Object.prototype);
  assert.equal(({} as { a?: unknown }).a, undefined);
});

function assertApart(a: unknown, b: unknown): void {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return;
  assert.notEqual(a, b);
  const [left, right] = [Object.values(a), Object.values(b)];
  for (const [index, item] of left.entries()) assertApart(item, right[index]);
}
