import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressBytes, addressesAfter, gatewayOf, parseSubnet, type Subnet } from './subnet.ts';

const subnet = (cidr: string): Subnet => {
  const parsed = parseSubnet(cidr);
  assert.ok(parsed, cidr);
  return parsed;
};
const take = (cidr: string, last: string | undefined, count: number) =>
  addressesAfter(subnet(cidr), last).take(count).toArray();

test('the gateway is the first address, whichever address of the subnet is given', () => {
  assert.equal(gatewayOf(subnet('10.87.0.0/16')), '10.87.0.1');
  assert.equal(gatewayOf(subnet('10.87.3.77/24')), '10.87.3.1');
  assert.equal(gatewayOf(subnet('fd12:3456:789a:bcde::/64')), 'fd12:3456:789a:bcde::1');
});

test('addresses follow the last one, and begin anew after the highest', () => {
  assert.deepEqual(take('10.87.0.0/16', undefined, 2), ['10.87.0.2', '10.87.0.3']);
  assert.deepEqual(take('10.87.0.0/16', '10.87.0.255', 2), ['10.87.1.0', '10.87.1.1']);
  assert.deepEqual(take('10.0.0.0/29', '10.0.0.5', 9), [
    '10.0.0.6',
    '10.0.0.2',
    '10.0.0.3',
    '10.0.0.4',
    '10.0.0.5',
  ]);
  assert.deepEqual(take('fd00::/64', 'fd00::fffe', 2), ['fd00::ffff', 'fd00::1:0']);
});

test('a last address that is none of the subnet counts for nothing', () => {
  for (const last of ['', 'nonsense', '10.88.0.7', 'fd00::7', '10.0.0.0', '10.0.0.1', '10.0.0.7'])
    assert.equal(take('10.0.0.0/29', last, 1)[0], '10.0.0.2', last);
});

test('no address twice, and neither network, gateway nor broadcast', () => {
  const all = addressesAfter(subnet('192.168.1.0/28'), '192.168.1.9').toArray();
  assert.equal(new Set(all).size, 13);
  for (const nobodys of ['192.168.1.0', '192.168.1.1', '192.168.1.15']) assert.ok(!all.includes(nobodys));
  assert.deepEqual(addressesAfter(subnet('10.0.0.0/32'), undefined).toArray(), []);
  assert.deepEqual(addressesAfter(subnet('10.0.0.0/31'), undefined).toArray(), []);
});

test('what is no subnet is told', () => {
  for (const text of [
    '',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    '10.0.0.0/8/8',
    'a/b',
    '10.0.0.0/-1',
  ])
    assert.equal(parseSubnet(text), undefined, text);
});

test('bytes of an address are in network order', () => {
  assert.equal(addressBytes('10.87.1.2').toString('hex'), '0a570102');
  assert.equal(addressBytes('::1').toString('hex'), '00000000000000000000000000000001');
  assert.equal(addressBytes('fd00:1:2::ab').toString('hex'), 'fd0000010002000000000000000000ab');
  assert.equal(addressBytes('1:2:3:4:5:6:7:8').toString('hex'), '00010002000300040005000600070008');
  assert.equal(addressBytes('::ffff:1.2.3.4').toString('hex'), '00000000000000000000ffff01020304');
});
