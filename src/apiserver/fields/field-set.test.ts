/** Sets of fields as sets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  difference,
  EMPTY,
  type FieldSet,
  fieldSet,
  fromFieldsV1,
  intersection,
  isSameSet,
  paths,
  toFieldsV1,
  union,
  without,
} from './field-set.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"');
const anyPath = fc.array(element, { minLength: 1, maxLength: 3 });

function setOf(all: readonly (readonly string[])[]): FieldSet {
  return all.reduce((set: FieldSet, path) => union(set, pathSet(path)), EMPTY);
}

function pathSet(path: readonly string[]): FieldSet {
  const [first, ...rest] = path;
  return first === undefined
    ? { isMember: true, children: new Map() }
    : fieldSet(false, [[first, pathSet(rest)]]);
}

const keysOf = (set: FieldSet): Set<string> => new Set(Array.from(paths(set), (path) => path.join('/')));
const anySet = fc.array(anyPath, { maxLength: 8 }).map(setOf);

test('sets of fields are sets of paths', () => {
  fc.assert(
    fc.property(anySet, anySet, (a, b) => {
      const [left, right] = [keysOf(a), keysOf(b)];
      assert.deepEqual(keysOf(union(a, b)), left.union(right));
      assert.deepEqual(keysOf(difference(a, b)), left.difference(right));
      assert.deepEqual(keysOf(intersection(a, b)), left.intersection(right));
      const isBelow = (path: string) =>
        [...right].some((other) => path === other || path.startsWith(`${other}/`));
      assert.deepEqual(
        [...keysOf(without(a, b))].toSorted(),
        [...left].filter((path) => !isBelow(path)).toSorted(),
      );
      assert.equal(isSameSet(a, b), left.symmetricDifference(right).size === 0);
    }),
  );
});

test('a set that is written down is read back', () => {
  fc.assert(
    fc.property(anySet, (set) => {
      const read = fromFieldsV1(JSON.parse(JSON.stringify(toFieldsV1(set))));
      assert.ok(read !== undefined && isSameSet(read, set));
    }),
  );
});

test('what is no set of fields is told', () => {
  for (const wrong of [[], 'x', { name: {} }, { 'f:a': 1 }, { 'x:a': {} }])
    assert.equal(fromFieldsV1(wrong), undefined);
});
