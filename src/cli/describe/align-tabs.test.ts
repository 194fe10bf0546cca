import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignTabs } from './align-tabs.ts';

test('a column is as wide as its neighbours above and below, and ends where a line does not have it', () => {
  const text = ['a\t1', 'long\t2\tx', 'b\t33\ty', 'heading', 'c\t3', ''].join('\n');
  const expected = ['a     1', 'long  2   x', 'b     33  y', 'heading', 'c  3', ''].join('\n');
  assert.equal(alignTabs(text), expected);
});

test('an empty cell keeps its place', () => {
  assert.equal(alignTabs('key:\tv\n\tw'), 'key:  v\n      w');
});
