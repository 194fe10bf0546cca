import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeHuffman } from './huffman.ts';

function decoded(hex: string): string | undefined {
  const bytes = Buffer.from(hex, 'hex');
  return decodeHuffman(bytes, 0, bytes.length);
}

test('strings of the specification are read', () => {
  assert.equal(decoded('f1e3c2e5f23a6ba0ab90f4ff'), 'www.example.com');
  assert.equal(decoded('a8eb10649cbf'), 'no-cache');
  assert.equal(decoded('25a849e95bb8e8b4bf'), 'custom-value');
  assert.equal(decoded('6402'), '302');
  assert.equal(decoded('d07abe941054d444a8200595040b8166e082a62d1bff'), 'Mon, 21 Oct 2013 20:13:21 GMT');
  assert.equal(decoded(''), '');
});

test('what is not filled up with ones, for less than a byte, is no string', () => {
  assert.equal(decoded('a8eb10649cbe'), undefined);
  assert.equal(decoded('a8eb10649cbfff'), undefined);
  assert.equal(decoded('ffffffff'), undefined);
});
