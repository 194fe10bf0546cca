import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import * as fc from 'fast-check';
import { ContainerSchema, ListContainersResponseSchema } from '../api/runtime_pb.ts';
import { listEncoder } from './encoded-message.ts';

test('a list put together from parts has the bytes of one made at once, and each part is made once', () => {
  const item = fc.record({
    id: fc.string({ maxLength: 300 }),
    labels: fc.dictionary(fc.constantFrom('a', 'b'), fc.string({ maxLength: 40_000 })),
  });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 5 }), (containers) => {
      let made = 0;
      const encode = listEncoder(1, ContainerSchema, (each: object) => {
        made += 1;
        return each;
      });
      const whole = toBinary(
        ListContainersResponseSchema,
        create(ListContainersResponseSchema, { containers }),
      );
      for (let round = 0; round < 2; round += 1)
        assert.deepEqual(encode(containers).bytes, Buffer.from(whole));
      assert.equal(made, containers.length);
    }),
  );
});
