import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ByteStore } from './byte-store.ts';

test('what is taken is what was put in, in its order, and the count is right', () => {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 40_000 }).map((size) => ({ put: size })),
    fc.constant({ put: 0 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new ByteStore();
      const sent: Buffer[] = [];
      const got: Buffer[] = [];
      for (const [index, { put }] of steps.entries()) {
        if (put > 0) {
          const data = Buffer.alloc(put, index);
          sent.push(data);
          store.push(data);
        } else got.push(store.shift() ?? Buffer.alloc(0));
      }
      for (let block = store.shift(); block; block = store.shift()) got.push(block);
      assert.equal(store.bytes, 0);
      assert.ok(Buffer.concat(got).equals(Buffer.concat(sent)));
    }),
  );
});

test('single bytes are put together', () => {
  const store = new ByteStore();
  for (let i = 0; i < 100_000; i++) store.push(Buffer.of(i % 256));
  let blocks = 0;
  while (store.shift()) blocks += 1;
  assert.equal(blocks, Math.ceil(100_000 / (16 * 1024)));
});
