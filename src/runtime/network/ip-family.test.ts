import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ipFamily } from './ip-family.ts';

test('the family of an address is what Node.js says it is', () => {
  const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/), fc.string());
  fc.assert(
    fc.property(anyAddress, (address) => {
      assert.equal(ipFamily(address) ?? 0, address.includes('%') ? 0 : isIP(address));
    }),
  );
  for (const address of [
    '',
    '1.2.3',
    '1.2.3.4/8',
    '01.2.3.4',
    '1.2.3.4 ',
    '::',
    '::ffff:1.2.3.4',
    ':::',
    'fe80::1%lo',
  ])
    assert.equal(ipFamily(address) ?? 0, address.includes('%') ? 0 : isIP(address), address);
});
