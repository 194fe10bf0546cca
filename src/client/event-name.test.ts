import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventName } from './event-name.ts';

test('events sort by name as they were told', () => {
  const at = Date.parse('2026-01-01T00:00:00Z');
  const names = [at, at, at, at + 1, at + 1000].map((each) => eventName('pod', each));
  assert.deepEqual(names.toSorted(), names);
  assert.equal(new Set(names).size, names.length);
  assert.match(names[0] ?? '', /^pod\.[0-9a-f]{16}$/);
});
