/** Our own bridge by netlink, as iproute2 sees it, in namespaces of the test's own. As root. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openRouteSocket } from '../../src/runtime/linux/netlink/route-socket.ts';
import { hostLinkName } from '../../src/runtime/network/bridge/pod-link.ts';
import { openPodNetwork, type PodNetwork } from '../../src/runtime/network/pod-network.ts';
import { until } from './support/peapod.ts';

const BRIDGE = 'peatest-own0';
const SUBNET = '10.199.23.0/24';
let folder: string;
let network: PodNetwork;
const holders: ChildProcess[] = [];

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-own-network-'));
  network = openPodNetwork({
    directory: join(folder, 'network'),
    confDir: join(folder, 'none'),
    binDirs: [],
    bridge: BRIDGE,
    subnet: SUBNET,
  });
});

after(async () => {
  for (const id of await network.list()) await network.leave(id, '');
  for (const holder of holders) holder.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('a pod gets a link, addresses and routes, and reaches its neighbours and the node', async () => {
  const one = await joined('a');
  const other = await joined('b');
  const [link] = ip(['link', 'show', 'eth0'], one.pid);
  assert.match(link?.['operstate'] as string, /UP/);
  assert.equal(link?.['address'], macOf(one.ips[0] ?? ''));
  const addresses = ip(['address', 'show', 'dev', 'eth0', 'scope', 'global'], one.pid);
  const shown = (addresses[0]?.['addr_info'] as { local: string; broadcast?: string }[]) ?? [];
  // What the scope left out is an empty object.
  const found = shown.filter(({ local }) => local !== undefined);
  assert.deepEqual(found.map(({ local }) => local).sort(), [...one.ips].sort());
  assert.equal(found.find(({ local }) => local.includes('.'))?.broadcast, '10.199.23.255');
  const [route] = ip(['route', 'show', 'default'], one.pid);
  assert.deepEqual([route?.['gateway'], route?.['dev']], ['10.199.23.1', 'eth0']);
  for (const address of one.ips) await connects(other.pid, address);
  await connects(process.pid, one.ips[0] ?? '');
});

test("the host's end is on the bridge, lets a pod reach itself, and bears the sandbox's name", async () => {
  const { id } = await joined('c');
  const name = hostLinkName(id);
  const [link] = ip(['-d', 'link', 'show', name]);
  assert.equal(link?.['master'], BRIDGE);
  const details = link?.['linkinfo'] as { info_slave_data?: { hairpin?: boolean } };
  assert.equal(details.info_slave_data?.hairpin, true);
});

test("the bridge keeps its MAC address, whoever's pods come and go", async () => {
  const [before] = ip(['link', 'show', BRIDGE]);
  const { id } = await joined('d');
  await network.leave(id, '');
  const [now] = ip(['link', 'show', BRIDGE]);
  assert.equal(now?.['address'], before?.['address']);
  assert.equal(now?.['address'], macOf('10.199.23.1'));
});

test('to join again gives the same addresses, to leave takes link and lease, and to leave again is fine', async () => {
  const { id, ips, netns } = await joined('e');
  assert.deepEqual(await join_(id, netns), ips);
  await network.leave(id, netns);
  await network.leave(id, netns);
  assert.throws(() => ip(['link', 'show', hostLinkName(id)]));
  const leases = readdirSync(join(folder, 'network/leases', BRIDGE));
  assert.ok(ips.every((address) => !leases.includes(address)));
});

test('a link that a killed attempt has left is replaced', async () => {
  const holder = await namespace();
  const id = 'f'.repeat(64);
  execFileSync('ip', ['link', 'add', hostLinkName(id), 'type', 'veth', 'peer', 'name', 'peatest-own1']);
  await join_(id, holder.netns);
  const [link] = ip(['link', 'show', hostLinkName(id)]);
  assert.equal(link?.['master'], BRIDGE);
});

test("a bridge's name that another link has is refused by name, and that link stays", async () => {
  const name = 'peatest-own2';
  execFileSync('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'peatest-own3']);
  try {
    const clashing = openPodNetwork({
      directory: join(folder, 'clashing'),
      confDir: join(folder, 'none'),
      binDirs: [],
      bridge: name,
      subnet: '10.199.24.0/24',
    });
    const holder = await namespace();
    const sandbox = { id: '1'.repeat(64), metadata, netns: async () => holder.netns, portMappings: [] };
    await assert.rejects(clashing.join(sandbox, {}), {
      code: 'NetworkError',
      message: `"${name}" is there already, and is no bridge`,
    });
    await clashing.leave(sandbox.id, holder.netns);
    assert.equal(ip(['link', 'show', name]).length, 1);
  } finally {
    execFileSync('ip', ['link', 'delete', name]);
  }
});

test('a namespace that is gone is told, and this process stays in its own', async () => {
  const own = readlinkSync('/proc/thread-self/ns/net');
  assert.throws(() => openRouteSocket('/proc/1/ns/none'), { code: 'ENOENT' });
  await assert.rejects(join_('2'.repeat(64), '/proc/0/ns/net'), { code: 'NetworkError' });
  await joined('3');
  assert.equal(readlinkSync('/proc/thread-self/ns/net'), own);
});

test('when the last pod has left, neither bridge nor rules are there', async () => {
  for (const id of await network.list()) await network.leave(id, '');
  assert.throws(() => ip(['link', 'show', BRIDGE]));
  assert.doesNotMatch(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }), /peatest_own0/);
});

const metadata = { name: 'pod', namespace: 'default', uid: 'u', attempt: 0 };

async function joined(digit: string): Promise<{ id: string; pid: number; netns: string; ips: string[] }> {
  const { pid, netns } = await namespace();
  const id = digit.repeat(64);
  return { id, pid, netns, ips: await join_(id, netns) };
}

function join_(id: string, netns: string): Promise<string[]> {
  return network.join({ id, metadata, netns: async () => netns, portMappings: [] }, {});
}

/** Held by a process of its own. */
async function namespace(): Promise<{ pid: number; netns: string }> {
  const own = readlinkSync('/proc/self/ns/net');
  const script = 'ip link set lo up && exec busybox httpd -f -p [::]:7777 -h /proc/sys/net';
  const holder = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: 'ignore' });
  holders.push(holder);
  const netns = `/proc/${holder.pid}/ns/net`;
  await until('a namespace', async () => readlinkSync(netns) !== own || undefined);
  return { pid: holder.pid ?? 0, netns };
}

function ip(args: readonly string[], pid?: number): Record<string, unknown>[] {
  const words = ['ip', '-json', ...args];
  const [program = '', ...rest] =
    pid === undefined ? words : ['nsenter', `--net=/proc/${pid}/ns/net`, ...words];
  const text = execFileSync(program, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return JSON.parse(text || '[]') as Record<string, unknown>[];
}

async function connects(pid: number, address: string): Promise<void> {
  const call = [`--net=/proc/${pid}/ns/net`, 'busybox', 'nc', '-w', '2', address, '7777'];
  await until(`${address} answers`, async () => {
    execFileSync('nsenter', call, { stdio: 'ignore' });
    return true;
  });
}

/** Locally administered, and the IPv4 address. */
function macOf(address: string): string {
  const bytes = address.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'));
  return ['0a', '58', ...bytes].join(':');
}
