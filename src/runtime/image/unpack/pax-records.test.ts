import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isPeapodError } from '../../../model/errors.ts';
import { readPaxRecords } from './pax-records.ts';

test('records are read with their bytes', () => {
  const records = readPaxRecords(Buffer.from('12 path=abc\n13 uid=12345\n'));
  assert.deepEqual(
    [...records].map(([key, value]) => [key, value.toString()]),
    [
      ['path', 'abc'],
      ['uid', '12345'],
    ],
  );
});

test('rubbish after whole records is refused, also without a blank in it', () => {
  for (const rest of ['rubbish', '\n', '0 \n', ' ', '5', '99 a=b\n', '6 abc\n'])
    assert.throws(
      () => readPaxRecords(Buffer.from(`12 path=abc\n${rest}`)),
      (error) => isPeapodError(error, 'ImageCorrupt'),
      JSON.stringify(rest),
    );
});

test('any bytes are read or refused', () => {
  const piece = fc.oneof(fc.constantFrom('12 path=abc\n', ' ', '\n', '=', '1', '9 '), fc.string());
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      try {
        readPaxRecords(Buffer.from(pieces.join('')));
      } catch (error) {
        assert.ok(isPeapodError(error, 'ImageCorrupt'));
      }
    }),
    { numRuns: 2000 },
  );
});
