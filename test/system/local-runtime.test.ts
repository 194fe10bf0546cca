import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { shellContainer } from '../../src/runtime/container/testing/container-host.ts';
import { writeBusyboxRoot } from '../../src/runtime/container/testing/busybox-image.ts';
import { type LocalRuntime, openLocalRuntime } from '../../src/runtime/local-runtime.ts';
import { runtimePaths } from '../../src/runtime/paths.ts';
import type { ContainerConfig, PodSandboxConfig, RuntimeEvent } from '../../src/runtime/pod-runtime.ts';

const directory = mkdtempSync(join(tmpdir(), 'peapod-local-'));
const paths = runtimePaths(join(directory, 'lib'), join(directory, 'run'));
const cgroupParent = `/peapod-local-${process.pid}`;
const clock = {
  now: () => Date.now(),
  sleep: (ms: number, { signal }: { signal?: AbortSignal } = {}) =>
    delay(Math.max(0, ms), undefined, signal ? { signal } : {}),
};

let runtime: LocalRuntime;
let image = '';
const pods: string[] = [];

before(async () => {
  runtime = await open();
  const root = join(directory, 'rootfs');
  writeBusyboxRoot(root);
  const tar = join(directory, 'rootfs.tar');
  execFileSync('tar', ['-C', root, '-cf', tar, '.']);
  image = (
    await runtime.images.importRootfs(tar, {
      reference: 'localhost/busybox:test',
      config: { env: ['PATH=/bin'] },
    })
  ).id;
});
after(async () => {
  for (const id of pods) await runtime.removePodSandbox(id);
  for (const uid of await runtime.podCgroups.list()) await runtime.podCgroups.remove(uid);
  await runtime[Symbol.asyncDispose]();
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(directory), 'a mount is left');
  assert.ok(!existsSync('/sys/class/net/peatest7'), 'the bridge is left');
  rmSync(directory, { recursive: true });
});

function open(): Promise<LocalRuntime> {
  return openLocalRuntime({
    paths,
    clock,
    version: '0.0.0-test',
    cgroupParent,
    network: { bridge: 'peatest7', subnet: '10.213.7.0/24', confDir: join(directory, 'net.d') },
  });
}

async function runPod(name: string, pid: 'CONTAINER' | 'POD' = 'CONTAINER'): Promise<string> {
  const cgroup = await runtime.podCgroups.ensure({ uid: `uid-${name}`, qosClass: 'BestEffort' }, {});
  const config: PodSandboxConfig = {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
    hostname: name,
    logDirectory: join(paths.logs, name),
    portMappings: [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent: cgroup,
      namespaces: { network: 'POD', pid, ipc: 'POD' },
      sysctls: {},
      securityContext: {},
    },
  };
  const id = await runtime.runPodSandbox(config);
  pods.push(id);
  return id;
}

async function runContainer(
  sandbox: string,
  name: string,
  command: string,
  more: Partial<ContainerConfig> = {},
) {
  const id = await runtime.createContainer(sandbox, { ...shellContainer(name, command, more), image });
  await runtime.startContainer(id);
  return id;
}

test('containers of a pod share its network, IPC and host name, and have their own processes and root', async () => {
  const sandbox = await runPod('shares');
  const [a, b] = await Promise.all([
    runContainer(sandbox, 'a', 'echo a > /dev/shm/a; sleep 1000'),
    runContainer(sandbox, 'b', 'sleep 1000'),
  ]);
  const [pidA, pidB] = [(await runtime.containerStatus(a)).pid, (await runtime.containerStatus(b)).pid];
  const { pid: infra, ips } = await runtime.podSandboxStatus(sandbox);
  const ns = (pid: number | 'self', kind: string) => readlinkSync(`/proc/${pid}/ns/${kind}`);
  for (const kind of ['net', 'ipc', 'uts']) {
    assert.equal(ns(pidA, kind), ns(infra, kind), kind);
    assert.equal(ns(pidB, kind), ns(infra, kind), kind);
    assert.notEqual(ns(pidA, kind), ns('self', kind), kind);
  }
  for (const kind of ['pid', 'mnt']) assert.notEqual(ns(pidA, kind), ns(pidB, kind), kind);
  const result = await runtime.execSync(b, [
    'sh',
    '-c',
    'hostname; cat /etc/hostname; cat /dev/shm/a; echo $HOSTNAME; ip -o -4 addr',
  ]);
  const seen = result.stdout.toString();
  assert.match(seen, /^shares\nshares\na\nshares\n/);
  assert.ok(seen.includes(ips[0]!), seen);
});

test("a forwarded port reaches the pod's loopback, and one where nobody listens is refused", async () => {
  const sandbox = await runPod('forwards');
  await runContainer(sandbox, 'server', 'while :; do echo hello | nc -l -p 8080; done');
  await delay(200);
  const connection = await runtime.portForward(sandbox, 8080);
  assert.equal(await text(connection), 'hello\n');
  connection.destroy();
  await assert.rejects(runtime.portForward(sandbox, 9), {
    code: 'Unavailable',
    message: /connection refused/,
  });
});

test('events tell each step, whoever takes it', async () => {
  const seen: RuntimeEvent[] = [];
  const abort = new AbortController();
  const watching = (async () => {
    for await (const event of runtime.events({ signal: abort.signal })) seen.push(event);
  })();
  await delay(100);
  await using other = await open();
  const sandbox = await runPod('tells');
  const id = await other.createContainer(sandbox, { ...shellContainer('c', 'sleep 0.3'), image });
  await delay(100);
  await other.startContainer(id);
  const types = () => seen.filter((event) => event.id === id).map(({ type }) => type);
  for (let waited = 0; !types().includes('CONTAINER_STOPPED') && waited < 3000; waited += 20) await delay(20);
  await other.removeContainer(id);
  const infra = (await runtime.podSandboxStatus(sandbox)).pid;
  process.kill(infra, 'SIGKILL');
  for (let waited = 0; !seen.some(({ type }) => type === 'SANDBOX_STOPPED') && waited < 3000; waited += 20)
    await delay(20);
  abort.abort();
  await watching;
  assert.deepEqual(types(), [
    'CONTAINER_CREATED',
    'CONTAINER_STARTED',
    'CONTAINER_STOPPED',
    'CONTAINER_DELETED',
  ]);
  assert.deepEqual(
    seen.filter((event) => event.id === sandbox),
    [{ type: 'SANDBOX_STOPPED', id: sandbox, sandboxId: sandbox, podUid: 'uid-tells' }],
  );
});

test('with a shared PID namespace the containers see each other, and all of one ends with its first process', async () => {
  const sandbox = await runPod('family', 'POD');
  const watcher = await runContainer(sandbox, 'watcher', 'sleep 1000');
  const parent = await runContainer(
    sandbox,
    'parent',
    'setsid sleep 4321 & until [ -e /go ]; do sleep 0.05; done; exit 2',
  );
  const seesOrphan = async () =>
    (await runtime.execSync(watcher, ['sh', '-c', 'ps | grep -c "sleep 432[1]"'])).stdout
      .toString()
      .trim() !== '0';
  for (let waited = 0; !(await seesOrphan()); waited += 20) {
    assert.ok(waited < 3000);
    await delay(20);
  }
  await runtime.execSync(parent, ['sh', '-c', ': > /go']);
  for (let waited = 0; (await runtime.containerStatus(parent)).state !== 'CONTAINER_EXITED'; waited += 20) {
    assert.ok(waited < 3000);
    await delay(20);
  }
  assert.equal((await runtime.containerStatus(parent)).exitCode, 2);
  assert.equal(await seesOrphan(), false);
});

test('stopping a pod ends its containers, and its image cannot go while they are there', async () => {
  const sandbox = await runPod('ends');
  const id = await runContainer(sandbox, 'c', 'sleep 1000');
  await assert.rejects(runtime.removeImage(image), { code: 'FailedPrecondition' });
  await runtime.stopPodSandbox(sandbox);
  assert.equal((await runtime.containerStatus(id)).state, 'CONTAINER_EXITED');
  assert.equal((await runtime.podSandboxStatus(sandbox)).state, 'SANDBOX_NOTREADY');
  await runtime.removePodSandbox(sandbox);
  await runtime.removePodSandbox(sandbox);
  await assert.rejects(runtime.containerStatus(id), { code: 'NotFound' });
});

test('stats tell what a pod uses', async () => {
  const sandbox = await runPod('uses');
  const id = await runContainer(
    sandbox,
    'c',
    'dd if=/dev/zero of=/big bs=1M count=3 2>/dev/null; sleep 1000',
  );
  await delay(300);
  const stats = await runtime.podSandboxStats(sandbox);
  assert.deepEqual(
    stats.containers.map((container) => container.id),
    [id],
  );
  const container = stats.containers[0]!;
  assert.ok(container.writableLayerBytes >= 3 * 1024 * 1024);
  assert.ok(container.memoryUsageBytes > 0 && stats.memoryUsageBytes >= container.memoryWorkingSetBytes);
  assert.ok(container.processCount >= 1);
  assert.equal(stats.network[0]?.name, 'eth0');
});

test('the runtime says what it is and whether it is ready', async () => {
  assert.equal((await runtime.version()).runtimeName, 'peapod');
  assert.deepEqual(
    (await runtime.status()).map(({ type, status }) => [type, status]),
    [
      ['RuntimeReady', true],
      ['NetworkReady', true],
    ],
  );
});
