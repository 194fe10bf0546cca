import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { nodeAddresses } from './node-addresses.ts';

const HEADER = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
const ALL6 = '0'.repeat(32);

function own(...addresses: string[]): NetworkInterfaceInfo[] {
  return addresses.map((address): NetworkInterfaceInfo => {
    const rest = { address, netmask: '', mac: '', cidr: null, internal: address.startsWith('127.') };
    return address.includes(':') ? { ...rest, family: 'IPv6', scopeid: 0 } : { ...rest, family: 'IPv4' };
  });
}

/** A node with these interfaces, of which some are bridges and some have the default route. */
function view(
  t: TestContext,
  interfaces: Record<string, NetworkInterfaceInfo[]>,
  { bridges = [], routes = '', routes6 = '' }: { bridges?: string[]; routes?: string; routes6?: string } = {},
) {
  const directory = mkdtempSync(join(tmpdir(), 'node-addresses-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const name of bridges) mkdirSync(join(directory, name, 'bridge'), { recursive: true });
  writeFileSync(join(directory, 'route'), HEADER + routes);
  writeFileSync(join(directory, 'ipv6_route'), routes6);
  return { interfaces, procNet: directory, sysClassNet: directory };
}

test('a bridge of pods is never the node, whatever comes first', (t) => {
  const interfaces = { peapod0: own('10.213.0.1', 'fd0a::1'), eth0: own('192.0.2.2', 'fd00::2', 'fe80::1') };
  assert.deepEqual(nodeAddresses('peapod9', view(t, interfaces, { bridges: ['peapod0'] })), [
    '192.0.2.2',
    'fd00::2',
  ]);
});

test('nothing but bridges and the loopback is 127.0.0.1', (t) => {
  const interfaces = { lo: own('127.0.0.1'), peapod0: own('10.213.0.1', 'fd0a::1') };
  assert.deepEqual(nodeAddresses('peapod9', view(t, interfaces, { bridges: ['peapod0'] })), ['127.0.0.1']);
});

test('the interface with the default route comes first, for each family by itself, even when it is a bridge', (t) => {
  const interfaces = {
    eth0: own('192.0.2.2', 'fd00::2'),
    br0: own('198.51.100.7', 'fd01::7'),
    eth1: own('203.0.113.9', 'fd02::9'),
  };
  const routes = 'br0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n';
  const routes6 =
    `${ALL6} 00 ${ALL6} 00 fd020000000000000000000000000001 00000400 00000003 00000000 00000003     eth1\n` +
    `${ALL6} 00 ${ALL6} 00 ${ALL6} ffffffff 00000001 00000000 00200200       lo\n`;
  assert.deepEqual(nodeAddresses('peapod9', view(t, interfaces, { bridges: ['br0'], routes, routes6 })), [
    '198.51.100.7',
    'fd02::9',
  ]);
});

test('a route that refuses, and one to half of the world, are no way out', (t) => {
  const interfaces = { eth0: own('192.0.2.2'), eth1: own('203.0.113.9') };
  const routes =
    'eth1\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n' +
    'eth1\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n';
  assert.deepEqual(nodeAddresses('peapod9', view(t, interfaces, { routes })), ['192.0.2.2']);
});

test('our own bridge is known by its name', (t) => {
  assert.deepEqual(nodeAddresses('peapod9', view(t, { peapod9: own('10.213.0.1') })), ['127.0.0.1']);
});

test('a node with IPv6 alone has that address', (t) => {
  const interfaces = { eth0: own('fd00::2', 'fe80::1'), peapod0: own('10.213.0.1') };
  assert.deepEqual(nodeAddresses('peapod9', view(t, interfaces, { bridges: ['peapod0'] })), ['fd00::2']);
});
