import assert from 'node:assert/strict';
import test from 'node:test';
import { socketAddress } from './socket-address.ts';

const hex = (host: string) => socketAddress(host, 0x1f90).bytes.toString('hex', 2);

test('an address of IPv4 is four bytes after the port', () => {
  assert.equal(hex('10.87.0.1'), '1f900a5700010000000000000000');
});

test('an address of IPv6 is written out', () => {
  const head = '1f9000000000';
  assert.equal(hex('::1'), `${head}0000000000000000000000000000000100000000`);
  assert.equal(hex('fd00::1:2'), `${head}fd00000000000000000000000001000200000000`);
  assert.equal(hex('::'), `${head}${'0'.repeat(32)}00000000`);
  assert.equal(hex('1:2:3:4:5:6:7:8'), `${head}0001000200030004000500060007000800000000`);
  assert.equal(hex('::ffff:10.0.0.1'), `${head}00000000000000000000ffff0a00000100000000`);
});

test('an address of IPv6 may be of an interface', () => {
  assert.deepEqual([...socketAddress('fe80::1%1', 80).bytes.subarray(24)], [1, 0, 0, 0]);
  assert.deepEqual(socketAddress('fe80::1%lo', 80).bytes, socketAddress('fe80::1%1', 80).bytes);
  assert.throws(() => socketAddress('fe80::1%nothing', 80), { message: 'no such interface: nothing' });
});

test('a name is no address', () => {
  for (const host of ['localhost', '', '1.2.3'])
    assert.throws(() => socketAddress(host, 80), { name: 'RangeError' });
});
