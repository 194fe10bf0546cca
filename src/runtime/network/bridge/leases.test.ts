import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { giveBackAddresses, takeAddresses } from './leases.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peapod-leases-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const addressesIn = () =>
  readdirSync(directory)
    .filter((name) => !name.startsWith('last'))
    .sort();

test('each sandbox has an address of each subnet of its own', () => {
  const subnets = ['10.0.0.0/24', 'fd00::/64'];
  assert.deepEqual(takeAddresses(directory, 'a', subnets), ['10.0.0.2', 'fd00::2']);
  assert.deepEqual(takeAddresses(directory, 'b', subnets), ['10.0.0.3', 'fd00::3']);
  giveBackAddresses(directory, 'a');
  giveBackAddresses(directory, 'a');
  assert.deepEqual(addressesIn(), ['10.0.0.3', 'fd00::3']);
});

test('an address that was given back rests until all others have been taken', () => {
  const take = (id: string) => takeAddresses(directory, id, ['10.0.0.0/29'])[0];
  assert.deepEqual([take('a'), take('b')], ['10.0.0.2', '10.0.0.3']);
  giveBackAddresses(directory, 'a');
  assert.deepEqual(
    [take('c'), take('d'), take('e'), take('f')],
    ['10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.2'],
  );
  assert.throws(() => take('g'), { code: 'NetworkError', message: 'no address of 10.0.0.0/29 is free' });
});

test('a sandbox that takes again gives back what it had', () => {
  takeAddresses(directory, 'a', ['10.0.0.0/24']);
  takeAddresses(directory, 'a', ['10.0.0.0/24']);
  assert.deepEqual(addressesIn(), ['10.0.0.3']);
});

test("addresses of host-local's are left alone", () => {
  writeFileSync(join(directory, '10.0.0.3'), 'a\r\neth0');
  writeFileSync(join(directory, 'last_reserved_ip.0'), '10.0.0.2');
  writeFileSync(join(directory, 'lock'), '');
  assert.deepEqual(takeAddresses(directory, 'a', ['10.0.0.0/24']), ['10.0.0.4']);
  giveBackAddresses(directory, 'a');
  assert.deepEqual(addressesIn().slice(0, 1), ['10.0.0.3']);
});

test('what is wrong with a subnet is told', () => {
  assert.throws(() => takeAddresses(directory, 'a', ['10.0.0.0/33']), {
    code: 'NetworkError',
    message: '"10.0.0.0/33" is no subnet',
  });
});
