/** Pods with an IPv4 and an IPv6 address: by our own bridge, and by a CNI configuration of the node's. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { imageReference } from './support/images.ts';
import { addressesOf } from './support/kernel-view.ts';
import { startPeapod, type TestPeapod, until } from './support/peapod.ts';
import { podView } from './support/pod-view.ts';

const run = promisify(execFile);
const hasIpv6 =
  (await readFile('/proc/sys/net/ipv6/conf/all/disable_ipv6', 'utf8').catch(() => '1')).trim() === '0';
const options = { skip: hasIpv6 ? false : 'the host has no IPv6' };
const HOST_PORT = 28_090 + randomInt(900);

describe('two families on our own bridge', options, () => {
  let peapod: TestPeapod;

  before(async () => {
    peapod = await startPeapod();
    await peapod.load('busybox');
    await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(server('web', HOST_PORT))]);
  });

  after(() => peapod[Symbol.asyncDispose]());

  test('the status has both addresses, IPv4 first, as the kernel has them', async () => {
    const { pod, infraPid } = await podView(peapod, 'web');
    await assertBoth(pod.status?.podIPs, infraPid);
    assert.equal(pod.status?.podIP, pod.status?.podIPs?.[0]?.ip);
  });

  test('the pod answers on both, and its probes succeed', async () => {
    await untilReady(peapod, 'web');
    const { pod } = await podView(peapod, 'web');
    for (const { ip } of pod.status?.podIPs ?? []) assert.equal(await fetched(ip, 8080), 'pong\n');
  });

  test('the host port leads to the pod over both', async () => {
    const gateway = (await bridgeAddresses(peapod.bridge)).find(isIPv6) ?? '';
    assert.equal(await fetched('127.0.0.1', HOST_PORT), 'pong\n');
    assert.equal(await fetched(gateway, HOST_PORT), 'pong\n');
  });

  test('a host port of one IPv6 address leads to the pod over that alone', async () => {
    const [gateway6 = ''] = (await bridgeAddresses(peapod.bridge)).filter(isIPv6);
    const pod = server('bound', HOST_PORT + 1, gateway6);
    await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(pod)]);
    assert.equal(await fetched(gateway6, HOST_PORT + 1), 'pong\n');
    await assert.rejects(fetch(`http://127.0.0.1:${HOST_PORT + 1}/ping`));
  });

  test('names and environment tell both', async () => {
    const { pod } = await podView(peapod, 'web');
    const ips = (pod.status?.podIPs ?? []).map(({ ip }) => ip);
    const hosts = await peapod.succeed(['exec', 'web', '--', 'cat', '/etc/hosts']);
    for (const ip of ips) assert.match(hosts, new RegExp(`^${ip}\\s+web$`, 'm'));
    const seen = await peapod.succeed(['exec', 'web', '--', 'sh', '-c', 'echo $IPS']);
    assert.equal(seen.trim(), ips.join(','));
  });

  test('another pod reaches it over both', async () => {
    const { pod } = await podView(peapod, 'web');
    await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(server('peer'))]);
    for (const { ip } of pod.status?.podIPs ?? []) {
      const url = `http://${isIPv6(ip) ? `[${ip}]` : ip}:8080/ping`;
      assert.equal(await peapod.succeed(['exec', 'peer', '--', 'wget', '-qO-', url]), 'pong\n');
    }
  });
});

describe('two families by a CNI configuration', options, () => {
  let peapod: TestPeapod;
  let bridge = '';

  before(async () => {
    peapod = await startPeapod();
    bridge = `${peapod.bridge.slice(0, 13)}c`;
    const number = randomInt(256);
    const conflist = {
      cniVersion: '1.0.0',
      name: `dual-${number}`,
      plugins: [
        {
          type: 'bridge',
          bridge,
          isGateway: true,
          ipam: {
            type: 'host-local',
            dataDir: join(peapod.directory, 'leases'),
            ranges: [
              [{ subnet: `10.214.${number}.0/24` }],
              [{ subnet: `fd00:214:${number.toString(16)}::/64` }],
            ],
            routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
          },
        },
      ],
    };
    await writeFile(join(peapod.directory, 'cni/10-dual.conflist'), JSON.stringify(conflist));
    await peapod.load('busybox');
    await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(server('web'))]);
  });

  after(async () => {
    await peapod[Symbol.asyncDispose]();
    // The plugin leaves its bridge to the node.
    await run('ip', ['link', 'delete', bridge]);
  });

  test('the status has both addresses, and the pod answers on both', async () => {
    await untilReady(peapod, 'web');
    const { pod, infraPid } = await podView(peapod, 'web');
    await assertBoth(pod.status?.podIPs, infraPid);
    for (const { ip } of pod.status?.podIPs ?? []) assert.equal(await fetched(ip, 8080), 'pong\n');
  });

  test('the leases of both are given back', async () => {
    await peapod.succeed(['rm', 'web', '--force', '--time', '0']);
    const { stdout } = await run('find', [
      join(peapod.directory, 'leases'),
      '-name',
      '*.*.*.*',
      '-o',
      '-name',
      '*:*',
    ]);
    assert.equal(stdout, '');
  });
});

function server(name: string, hostPort?: number, hostIP?: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'main',
          image: imageReference('busybox'),
          command: [
            'sh',
            '-c',
            'mkdir -p /www && echo pong >/www/ping && exec httpd -f -p "[::]:8080" -h /www',
          ],
          env: [{ name: 'IPS', valueFrom: { fieldRef: { fieldPath: 'status.podIPs' } } }],
          ports: [{ containerPort: 8080, hostPort, hostIP }],
          readinessProbe: { httpGet: { path: '/ping', port: 8080 }, periodSeconds: 1 },
        },
      ],
    },
  };
}

async function assertBoth(podIPs: readonly { ip: string }[] = [], infraPid: number): Promise<void> {
  const ips = podIPs.map(({ ip }) => ip);
  assert.deepEqual([ips.length, isIPv4(ips[0] ?? ''), isIPv6(ips[1] ?? '')], [2, true, true], ips.join());
  const kernel = (await addressesOf(infraPid)).map(({ address }) => address);
  assert.deepEqual([...kernel].sort(), [...ips].sort());
}

async function untilReady(peapod: TestPeapod, name: string): Promise<void> {
  await until(`${name} is ready`, async () => {
    const { pod } = await podView(peapod, name);
    return pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  });
}

async function bridgeAddresses(bridge: string): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', 'address', 'show', 'dev', bridge, 'scope', 'global']);
  const links = JSON.parse(stdout) as { addr_info?: { local: string }[] }[];
  return links.flatMap(({ addr_info = [] }) => addr_info.map(({ local }) => local));
}

async function fetched(ip: string, port: number): Promise<string> {
  const url = `http://${isIPv6(ip) ? `[${ip}]` : ip}:${port}/ping`;
  return await until(url, async () => await (await fetch(url)).text(), 10_000);
}
