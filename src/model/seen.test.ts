import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seen } from './seen.ts';

test('what comes again is told from what comes first', () => {
  const seen = new Seen<string | undefined>();
  const told = ['a', 'b', 'a', undefined, undefined, 'c'].map((value) => seen.again(value));
  assert.deepEqual(told, [false, false, true, false, true, false]);
});

test('what came before counts', () => {
  const seen = new Seen(['a']);
  assert.deepEqual([seen.again('b'), seen.again('a'), seen.again('b')], [false, true, true]);
});
