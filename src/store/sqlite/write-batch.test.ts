import assert from 'node:assert/strict';
import test from 'node:test';
import type { Write, WriteResult } from './write.ts';
import { memoryOf, packResults, packWrites, unpackWrites } from './write-batch.ts';

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

test('writes come out of a batch as they went in', () => {
  const writes: Write[] = [
    { kind: 'create', key: '/a/1', value: bytes('one') },
    { kind: 'create', key: '/a/2', value: bytes(''), expiresAtMs: 5 },
    { kind: 'update', key: '/a/3', value: bytes('three'), expectedRevision: 9 },
    { kind: 'delete', key: '/a/4', expectedRevision: 8 },
    { kind: 'expire', nowMs: 1234 },
    { kind: 'compact', revision: 77 },
    { kind: 'update', key: '/a/ü', value: bytes('ü'), expectedRevision: 3, expiresAtMs: 6 },
  ];
  const batch = packWrites(40, writes);
  assert.equal(batch.firstId, 40);
  assert.deepEqual(unpackWrites(structuredClone(batch, { transfer: [batch.bytes.buffer] })), writes);
});

test('of what was made only the revision is told, of all else everything', () => {
  const change = { key: '/a', revision: 7, createRevision: 7, value: bytes('v'), previous: undefined };
  const previous = { value: bytes('old'), revision: 7, createRevision: 7 };
  const results: WriteResult[] = [
    { ok: true, revision: 7, changes: [change] },
    { ok: false, code: 'Conflict', message: 'no' },
    { ok: true, revision: 8, changes: [{ ...change, revision: 8, previous }] },
    { ok: true, revision: 9, changes: [{ ...change, revision: 9, value: undefined, previous }] },
    { ok: true, revision: 9, changes: [] },
  ];
  const { created, others } = packResults(1, results);
  assert.deepEqual(created, [7, 0, 0, 0, 0]);
  const [refused, updated, deleted, nothing] = others;
  assert.deepEqual(refused, results[1]);
  const told = { key: '/a', createRevision: 7, previous };
  assert.deepEqual(updated, {
    ok: true,
    revision: 8,
    changes: [{ ...told, revision: 8, isDeletion: false }],
  });
  assert.deepEqual(deleted, { ok: true, revision: 9, changes: [{ ...told, revision: 9, isDeletion: true }] });
  assert.deepEqual(nothing, results[4]);
  assert.deepEqual(memoryOf({ firstId: 1, created, others }), [previous.value.buffer]);
});
