import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALL_CAPABILITIES,
  capabilityNames,
  capabilitySets,
  DEFAULT_CAPABILITIES,
  grantedCapabilities,
} from './capabilities.ts';

const all = new Set(ALL_CAPABILITIES);
const none = { privileged: false, add: [], drop: [] };

test('a container that says nothing gets the baseline list', () => {
  assert.deepEqual(grantedCapabilities(none, all).sort(), [...DEFAULT_CAPABILITIES].sort());
});

test('add and drop take names with and without the prefix, in any case', () => {
  const granted = grantedCapabilities({ privileged: false, add: ['net_admin'], drop: ['CAP_KILL'] }, all);
  assert.ok(granted.includes('CAP_NET_ADMIN'));
  assert.ok(!granted.includes('CAP_KILL'));
});

test('dropping all and adding one leaves that one', () => {
  assert.deepEqual(
    grantedCapabilities({ privileged: false, add: ['NET_BIND_SERVICE'], drop: ['ALL'] }, all),
    ['CAP_NET_BIND_SERVICE'],
  );
});

test('adding all and dropping one leaves the others', () => {
  const granted = grantedCapabilities({ privileged: false, add: ['ALL'], drop: ['SYS_ADMIN'] }, all);
  assert.equal(granted.length, ALL_CAPABILITIES.length - 1);
});

test('a privileged container has all that the host has', () => {
  const host = new Set(ALL_CAPABILITIES.filter((name) => name !== 'CAP_SYS_RESOURCE'));
  assert.deepEqual(grantedCapabilities({ privileged: true, add: [], drop: ['ALL'] }, host), [...host]);
});

test('a capability that the host withholds is refused when asked for by name, and left out of all', () => {
  const host = new Set(ALL_CAPABILITIES.filter((name) => name !== 'CAP_SYS_RESOURCE'));
  assert.throws(() => grantedCapabilities({ ...none, add: ['SYS_RESOURCE'] }, host), /CAP_SYS_RESOURCE/);
  assert.ok(!grantedCapabilities({ ...none, add: ['ALL'] }, host).includes('CAP_SYS_RESOURCE'));
});

test('an unknown name is refused', () => {
  assert.throws(() => grantedCapabilities({ ...none, add: ['FLY'] }, all), {
    code: 'CreateContainerConfigError',
    message: 'unknown capability "FLY"',
  });
});

test('nothing is inheritable or ambient', () => {
  const sets = capabilitySets(['CAP_CHOWN']);
  assert.deepEqual([sets.inheritable, sets.ambient], [[], []]);
});

test("a mask of /proc is read by the kernel's bit numbers", () => {
  assert.deepEqual(capabilityNames('0000000000000021'), ['CAP_CHOWN', 'CAP_KILL']);
});

test('what is ambient is granted besides, and cannot be dropped', () => {
  const all = new Set(ALL_CAPABILITIES);
  const request = { privileged: false, add: [], drop: ['ALL'], ambient: ['NET_ADMIN'] };
  const granted = grantedCapabilities(request, all);
  assert.deepEqual(granted, ['CAP_NET_ADMIN']);
  const { ambient, inheritable } = capabilitySets([...granted, 'CAP_CHOWN'], ['net_admin']);
  assert.deepEqual([ambient, inheritable], [granted, granted]);
  assert.throws(() => grantedCapabilities({ ...request, drop: ['NET_ADMIN'] }, all), {
    message: /CAP_NET_ADMIN cannot be both ambient and dropped/,
  });
});
