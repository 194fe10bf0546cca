/** What a pod may ask of the runtime that our own agent never asks: the runtime by name, cgroups by other ways, devices by their names. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cgroupLayout } from '../../src/runtime/cgroup/cgroup-layout.ts';
import { openContainerCgroups } from '../../src/runtime/cgroup/container-cgroups.ts';
import { writeBusyboxRoot } from '../../src/runtime/container/testing/busybox-image.ts';
import { shellContainer } from '../../src/runtime/container/testing/container-host.ts';
import { type LocalRuntime, openLocalRuntime } from '../../src/runtime/local-runtime.ts';
import { readMounts } from '../../src/runtime/linux/proc.ts';
import { runtimePaths } from '../../src/runtime/paths.ts';
import type { ContainerConfig, PodSandboxConfig } from '../../src/runtime/pod-runtime.ts';

const directory = mkdtempSync(join(tmpdir(), 'peapod-fields-'));
const paths = runtimePaths(join(directory, 'lib'), join(directory, 'run'));
const own = `/peapod-fields-${process.pid}`;
const slice = `peapodfields${process.pid}`;

let runtime: LocalRuntime;
let image = '';

before(async () => {
  runtime = await openLocalRuntime({
    paths,
    clock: {
      now: () => Date.now(),
      sleep: (ms, { signal } = {}) => delay(Math.max(0, ms), undefined, signal ? { signal } : {}),
    },
    version: '0.0.0-test',
    cgroupParent: own,
    network: { bridge: 'peatest9', subnet: '10.213.9.0/24', confDir: join(directory, 'net.d') },
  });
  const root = join(directory, 'rootfs');
  writeBusyboxRoot(root);
  const tar = join(directory, 'rootfs.tar');
  execFileSync('tar', ['-C', root, '-cf', tar, '.']);
  const loaded = await runtime.images.importRootfs(tar, {
    reference: 'localhost/busybox:test',
    config: { env: ['PATH=/bin'] },
  });
  image = loaded.id;
});
after(async () => {
  for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id);
  await runtime[Symbol.asyncDispose]();
  const layout = cgroupLayout(await readMounts());
  assert.ok(layout);
  await openContainerCgroups(layout, own).remove(own);
  assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(directory), 'a mount is left');
  rmSync(directory, { recursive: true });
});

async function runPod(name: string, more: { handler?: string; cgroupParent?: string } = {}): Promise<string> {
  const config: PodSandboxConfig = {
    metadata: { name, namespace: 'default', uid: `uid-${name}`, attempt: 0 },
    hostname: name,
    logDirectory: join(paths.logs, name),
    portMappings: [],
    labels: {},
    annotations: {},
    ...(more.handler === undefined ? {} : { runtimeHandler: more.handler }),
    linux: {
      cgroupParent: more.cgroupParent ?? '',
      namespaces: { network: 'NODE', pid: 'CONTAINER', ipc: 'POD' },
      sysctls: {},
      securityContext: {},
    },
  };
  return await runtime.runPodSandbox(config);
}

async function runContainer(
  sandbox: string,
  name: string,
  more: Partial<ContainerConfig> = {},
  command = 'sleep 1000',
): Promise<string> {
  const id = await runtime.createContainer(sandbox, { ...shellContainer(name, command, more), image });
  await runtime.startContainer(id);
  return id;
}

const cgroupOf = (pid: number, controller = 'memory') =>
  new RegExp(`:${controller}:(.*)`).exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';
const cgroupExists = (path: string) => existsSync(join('/sys/fs/cgroup/memory', path));

for (const handler of ['crun', 'runc']) {
  test(`${handler} makes the sandbox and the containers that ask for it, and takes them away`, async () => {
    const sandbox = await runPod(`by-${handler}`, { handler });
    const id = await runContainer(sandbox, 'main');
    const state = readFileSync(join(paths.containers, id, 'container.json'), 'utf8');
    assert.match(state, new RegExp(`"path":"[^"]*/${handler}"`));
    assert.equal((await runtime.podSandboxStatus(sandbox)).runtimeHandler, handler);
    assert.equal((await runtime.execSync(id, ['echo', 'hi'])).stdout.toString(), 'hi\n');
    // Only the runtime that made them knows them.
    const program = execFileSync('sh', ['-c', `command -v ${handler}`], { encoding: 'utf8' }).trim();
    for (const known of [sandbox, id])
      execFileSync(program, ['--root', join(paths.run, 'oci'), 'state', known], { stdio: 'ignore' });
    const { pid } = await runtime.containerStatus(id);
    await runtime.removePodSandbox(sandbox);
    assert.ok(!existsSync(`/proc/${pid}`));
    assert.throws(() =>
      execFileSync(program, ['--root', join(paths.run, 'oci'), 'state', sandbox], { stdio: 'ignore' }),
    );
  });
}

test('a runtime that is not there is refused before anything is made', async () => {
  await assert.rejects(runPod('odd', { handler: 'kata' }), {
    code: 'Invalid',
    message: /no runtime for "kata" is configured: runtime handlers are "crun", "runc"/,
  });
  assert.deepEqual(await runtime.listPodSandboxes(), []);
});

test('the runtime tells what its handlers can', async () => {
  const handlers = await runtime.runtimeHandlers();
  assert.deepEqual(
    handlers.map(({ name }) => name),
    ['', 'crun', 'runc'],
  );
  for (const { recursiveReadOnlyMounts, userNamespaces } of handlers)
    assert.ok(recursiveReadOnlyMounts && userNamespaces);
});

test("a pod without a cgroup's name gets one of its own, which goes with it", async () => {
  const sandbox = await runPod('nameless');
  const id = await runContainer(sandbox, 'main');
  const { cgroupParent, pid } = await runtime.podSandboxStatus(sandbox);
  assert.equal(cgroupParent, `${own}/cri/${sandbox}`);
  assert.equal(cgroupOf(pid), `${cgroupParent}/${sandbox}`);
  assert.equal(cgroupOf((await runtime.containerStatus(id)).pid), `${cgroupParent}/${id}`);
  assert.ok((await runtime.podSandboxStats(sandbox)).memoryUsageBytes > 0);
  await runtime.removePodSandbox(sandbox);
  assert.ok(!cgroupExists(cgroupParent));
});

test("a parent that is not there is made, and left to its owner; a slice's name means its levels", async () => {
  const name = `${slice}-pod1.slice`;
  const sandbox = await runPod('sliced', { cgroupParent: name });
  const id = await runContainer(sandbox, 'main');
  const parent = `/${slice}.slice/${name}`;
  const { pid, cgroupParent } = await runtime.podSandboxStatus(sandbox);
  assert.equal(cgroupParent, parent);
  assert.equal(cgroupOf(pid), `${parent}/peapod-${sandbox}.scope`);
  assert.equal(cgroupOf((await runtime.containerStatus(id)).pid), `${parent}/peapod-${id}.scope`);
  assert.ok((await runtime.containerStats(id)).memoryUsageBytes > 0);
  assert.equal((await runtime.containerProcesses(id)).length, 1);
  await runtime.removePodSandbox(sandbox);
  assert.ok(cgroupExists(parent));
  assert.ok(
    !cgroupExists(`${parent}/peapod-${id}.scope`) && !cgroupExists(`${parent}/peapod-${sandbox}.scope`),
  );
  for (const path of [parent, `/${slice}.slice`])
    for (const whole of globSync(`/sys/fs/cgroup/{,*}${path}`)) rmdirSync(whole);
});

test('a parent outside the hierarchy is refused', async () => {
  await assert.rejects(runPod('outside', { cgroupParent: '/a/../..' }), { code: 'Invalid' });
});

test("the pod's resources are noted, and survive", async () => {
  const sandbox = await runPod('resized');
  await runtime.updatePodSandboxResources(sandbox, { resources: { cpuShares: 512 } });
  const record = readFileSync(join(paths.sandboxes, sandbox, 'sandbox.json'), 'utf8');
  assert.match(record, /"resources":\{"cpuShares":512\}/);
  assert.equal((await runtime.podSandboxStatus(sandbox)).state, 'SANDBOX_READY');
  await assert.rejects(runtime.updatePodSandboxResources('f'.repeat(64), {}), { code: 'NotFound' });
});

test('what containers write is counted on their file system', async () => {
  const sandbox = await runPod('writes');
  const before = await runtime.containerFsInfo();
  const id = await runContainer(sandbox, 'main');
  await runtime.execSync(id, ['dd', 'if=/dev/urandom', 'of=/file', 'bs=1M', 'count=3']);
  const { usedBytes, usedInodes, mountpoint } = await runtime.containerFsInfo();
  assert.ok(usedBytes >= before.usedBytes + 3 * 1024 * 1024 && usedInodes > before.usedInodes);
  assert.equal(mountpoint, paths.containers);
});
