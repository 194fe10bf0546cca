import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSince } from './parse-since.ts';

test('a duration counts back from now, an RFC 3339 time stands for itself', () => {
  const now = Date.UTC(2026, 0, 1, 12);
  assert.equal(parseSince('90s', now), now - 90_000);
  assert.equal(parseSince('1h30m', now), now - 5_400_000);
  assert.equal(parseSince('2026-01-01T11:00:00Z', now), now - 3_600_000);
});

test('anything else is refused', () => {
  for (const text of ['', '5', '5d', '-3s', '2026', 'yesterday', '1h x']) {
    assert.throws(() => parseSince(text, 0), { code: 'Invalid' }, text);
  }
});
