/** Fields about namespaces and names, seen from within the container. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { linesOf } from './support/field-pod.ts';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  await peapod.load('busybox');
});
after(() => peapod[Symbol.asyncDispose]());

test('hostAliases stand in /etc/hosts', async () => {
  const spec = { hostAliases: [{ ip: '10.9.8.7', hostnames: ['peas.example', 'pods.example'] }] };
  const lines = await linesOf(peapod, { name: 'aliases', script: 'grep 10.9.8.7 /etc/hosts', spec });
  assert.deepEqual(lines[0]?.split(/\s+/), ['10.9.8.7', 'peas.example', 'pods.example']);
});

test('dnsPolicy None takes dnsConfig alone: nameservers, searches and options', async () => {
  const dnsConfig = {
    nameservers: ['192.0.2.53'],
    searches: ['peas.example', 'pods.example'],
    options: [{ name: 'ndots', value: '3' }, { name: 'edns0' }],
  };
  const lines = await linesOf(peapod, {
    name: 'dns',
    script: 'cat /etc/resolv.conf',
    spec: { dnsPolicy: 'None', dnsConfig },
  });
  assert.deepEqual(lines.sort(), [
    'nameserver 192.0.2.53',
    'options ndots:3 edns0',
    'search peas.example pods.example',
  ]);
});

test('hostname, subdomain and setHostnameAsFQDN make the name of the pod', async () => {
  const names = (extra: object) =>
    linesOf(peapod, {
      name: 'named',
      script: 'hostname; grep "web.farm" /etc/hosts',
      spec: { hostname: 'web', subdomain: 'farm', ...extra },
    });
  const [short, hosts] = await names({});
  assert.equal(short, 'web');
  assert.match(hosts ?? '', /\sweb\.farm\.default\.svc\.cluster\.local\s+web$/);
  assert.equal((await names({ setHostnameAsFQDN: true }))[0], 'web.farm.default.svc.cluster.local');
});

test('hostnameOverride is the name and nothing else', async () => {
  const lines = await linesOf(peapod, {
    name: 'override',
    script: 'hostname',
    spec: { hostnameOverride: 'other.example' },
  });
  assert.deepEqual(lines, ['other.example']);
});

test('hostNetwork, hostPID and hostIPC are the namespaces of the node', async () => {
  const script =
    'readlink /proc/self/ns/net; readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; hostname';
  const lines = await linesOf(peapod, {
    name: 'host',
    script,
    spec: { hostNetwork: true, hostPID: true, hostIPC: true },
  });
  const own = ['net', 'pid', 'ipc'].map((kind) => readlinkSync(`/proc/self/ns/${kind}`));
  assert.deepEqual(lines, [...own, hostname().toLowerCase()]);
});

test('serviceAccountName, hostIP and the other fields of the pod can be asked for', async () => {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const lines = await linesOf(peapod, {
    name: 'self',
    script: 'echo "$ACCOUNT $NAME $LABEL"',
    container: {
      env: [
        field('ACCOUNT', 'spec.serviceAccountName'),
        field('NAME', 'metadata.name'),
        field('LABEL', "metadata.labels['app']"),
      ],
    },
    spec: { serviceAccountName: 'gardener', os: { name: 'linux' } },
    metadata: { labels: { app: 'peas' } },
  });
  assert.deepEqual(lines, ['gardener self peas']);
});

test('a host port on one address leads to the pod from there', async () => {
  const lines = await linesOf(peapod, {
    name: 'ported',
    script: 'httpd -p 8080 -h /etc; wget -qO- localhost:8080/hostname',
    container: { ports: [{ name: 'web', containerPort: 8080, hostPort: 18_231, hostIP: '127.0.0.1' }] },
  });
  assert.deepEqual(lines, ['ported']);
});
