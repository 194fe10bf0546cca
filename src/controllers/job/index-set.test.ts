import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { formatIndexes, parseIndexes } from './index-set.ts';

test('indexes are written as ranges, two neighbours apart', () => {
  const cases: [number[], string][] = [
    [[], ''],
    [[7], '7'],
    [[4, 3], '3,4'],
    [[1, 3, 4, 5, 7], '1,3-5,7'],
  ];
  for (const [indexes, text] of cases) assert.equal(formatIndexes(new Set(indexes)), text);
});

test('what is written is read again, up to the number of completions', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 40 })), (indexes) => {
      const below = indexes.filter((index) => index < 30).sort((a, b) => a - b);
      const read = [...parseIndexes(formatIndexes(new Set(indexes)), 30)];
      assert.deepEqual(read, below);
    }),
  );
});
