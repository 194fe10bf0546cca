import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('docs/errors.md lists every error code, and no other', () => {
  const source = readFileSync(new URL('../model/errors.ts', import.meta.url), 'utf8');
  const union = source.slice(
    source.indexOf('ErrorCode ='),
    source.indexOf(';', source.indexOf('ErrorCode =')),
  );
  const codes = new Set([...union.matchAll(/'(\w+)'/g)].map(([, code]) => code));
  const doc = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  const listed = new Set([...doc.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code));
  assert.deepEqual(listed, codes);
});
