import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodSpec } from '../../model/api/types.ts';
import { podDns } from './pod-dns.ts';

const NODE = 'nameserver 10.0.0.1 # the router\n; a comment\nsearch example.org lan\noptions ndots:2 edns0\n';
const dns = (spec: Partial<PodSpec>, node = NODE) => podDns({ spec: { containers: [], ...spec } }, node);

test('a pod resolves as its node does, and its own configuration adds to that', () => {
  assert.deepEqual(dns({}), {
    servers: ['10.0.0.1'],
    searches: ['example.org', 'lan'],
    options: ['ndots:2', 'edns0'],
  });
  const dnsConfig = {
    nameservers: ['10.0.0.2', '10.0.0.1'],
    searches: ['svc'],
    options: [{ name: 'ndots', value: '5' }, { name: 'rotate' }],
  };
  assert.deepEqual(dns({ dnsConfig }), {
    servers: ['10.0.0.1', '10.0.0.2'],
    searches: ['example.org', 'lan', 'svc'],
    options: ['ndots:5', 'edns0', 'rotate'],
  });
});

test('with dnsPolicy None only its own configuration counts', () => {
  const spec = { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.2.3.4'] } };
  assert.deepEqual(dns(spec), { servers: ['1.2.3.4'], searches: [], options: [] });
});

test('no more is written than a resolver takes', () => {
  const nameservers = ['1.1.1.1', '2.2.2.2', '3.3.3.3', '4.4.4.4'];
  const searches = Array.from({ length: 40 }, (_, index) => `${'x'.repeat(200)}${index}`);
  const { servers, searches: fit } = dns({ dnsPolicy: 'None', dnsConfig: { nameservers, searches } });
  assert.deepEqual(servers, nameservers.slice(0, 3));
  assert.ok(fit.join(' ').length <= 2048 && fit.length === 10, String(fit.length));
});

test("a node's domain is its search list when it has no other", () => {
  assert.deepEqual(dns({}, 'domain lan\n').searches, ['lan']);
});
