/** `kill -9` of the client at any instant harms no running container and leaks nothing. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { shellContainer } from '../../src/runtime/container/testing/container-host.ts';
import type { LocalRuntime } from '../../src/runtime/local-runtime.ts';
import type { RuntimePaths } from '../../src/runtime/paths.ts';
import { rotateLog } from '../../src/runtime/stream/log-rotation.ts';
import { readLog } from '../../src/runtime/stream/log-reader.ts';
import { openRuntimeSandbox, type RuntimeSandbox } from './support/runtime-sandbox.ts';

let host: RuntimeSandbox;
let runtime: LocalRuntime;
let paths: RuntimePaths;
let image: string;
let sandbox: string;
let directory: string;
let cgroupParent: string;
let leaks: (id: string) => string[];

before(async () => {
  host = await openRuntimeSandbox('crash', { bridge: 'peatest8', subnet: '10.213.8.0/24' });
  ({ runtime, paths, image, sandbox, directory, cgroupParent, leaks } = host);
});
after(() => host.close());

/** A program that the client was just starting holds the container's lock for a moment longer than the client. */
async function collected(): Promise<{ id: string }[]> {
  for (let tries = 0; ; tries += 1) {
    await runtime.collect();
    const containers = await runtime.listContainers({ sandboxId: sandbox });
    if (tries === 20 || readdirSync(paths.containers).length === containers.length) return containers;
    await delay(50);
  }
}

test('a client killed at any instant leaves only whole containers, and the next one clears the rest', async () => {
  for (let round = 0; round < 12; round++) {
    const client = spawn(
      process.execPath,
      [join(import.meta.dirname, 'support/crash-client.ts'), directory, sandbox, image, cgroupParent],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await new Promise((resolve) => client.stdout.once('data', resolve));
    await delay(5 + round * 13);
    client.kill('SIGKILL');
    await new Promise((resolve) => client.once('exit', resolve));
    const containers = await collected();
    assert.deepEqual(
      readdirSync(paths.containers).sort(),
      containers.map(({ id }) => id).sort(),
      `round ${round}`,
    );
    for (const { id } of containers) {
      await runtime.removeContainer(id);
      assert.deepEqual(leaks(id), [], `round ${round}`);
    }
  }
});

test('a container outlives its client, and whoever comes next sees its end', async () => {
  const script = `
    const { openLocalRuntime } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/runtime/local-runtime.ts'))});
    const { runtimePaths } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/runtime/paths.ts'))});
    const { shellContainer } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/runtime/container/testing/container-host.ts'))});
    const [directory, sandbox, image, cgroupParent] = process.argv.slice(1);
    const runtime = await openLocalRuntime({ paths: runtimePaths(directory + '/lib', directory + '/run'), clock: { now: Date.now, sleep: async () => {} }, version: 'x', cgroupParent });
    const id = await runtime.createContainer(sandbox, { ...shellContainer('outlives', 'sleep 0.5; echo still here; exit 9'), image });
    await runtime.startContainer(id);
    process.kill(process.pid, 'SIGKILL');`;
  assert.throws(() =>
    execFileSync(process.execPath, [
      '--input-type=module',
      '-e',
      script,
      directory,
      sandbox,
      image,
      cgroupParent,
    ]),
  );
  const [container] = await runtime.listContainers({ labels: { name: 'outlives' } });
  assert.ok(container);
  assert.equal(container.state, 'CONTAINER_RUNNING');
  for (
    let waited = 0;
    (await runtime.containerStatus(container.id)).state === 'CONTAINER_RUNNING';
    waited += 20
  ) {
    assert.ok(waited < 3000);
    await delay(20);
  }
  assert.equal((await runtime.containerStatus(container.id)).exitCode, 9);
  assert.match(readFileSync(container.logPath, 'utf8'), /still here/);
});

test('a container whose conmon was killed is told as lost when it ends', async () => {
  const id = await runtime.createContainer(sandbox, { ...shellContainer('orphan', 'sleep 1000'), image });
  await runtime.startContainer(id);
  process.kill(Number(readFileSync(join(paths.run, 'containers', id, 'conmon.pid'), 'utf8')), 'SIGKILL');
  const { pid, state } = await runtime.containerStatus(id);
  assert.equal(state, 'CONTAINER_RUNNING');
  process.kill(pid, 'SIGKILL');
  for (let waited = 0; (await runtime.containerStatus(id)).state === 'CONTAINER_RUNNING'; waited += 20) {
    assert.ok(waited < 3000);
    await delay(20);
  }
  const ended = await runtime.containerStatus(id);
  assert.deepEqual(
    [ended.state, ended.reason, ended.exitCode],
    ['CONTAINER_EXITED', 'ContainerStatusUnknown', 137],
  );
});

test('a container whose record is torn is taken away with its cgroup', async () => {
  const id = await runtime.createContainer(sandbox, { ...shellContainer('torn', 'sleep 1000'), image });
  await runtime.startContainer(id);
  const cgroups = () => globSync(`/sys/fs/cgroup/{,*}${cgroupParent}/**/${id}`);
  assert.ok(cgroups().length > 0);
  writeFileSync(join(paths.containers, id, 'container.json'), '');
  await runtime.collect();
  assert.deepEqual(cgroups(), []);
  assert.deepEqual(leaks(id), []);
});

test('no line is lost when a log is rotated while it is written and read', async () => {
  const id = await runtime.createContainer(sandbox, {
    ...shellContainer(
      'writes',
      'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; exec sleep 1000',
    ),
    image,
  });
  await runtime.startContainer(id);
  const { logPath } = await runtime.containerStatus(id);
  const hasEnded = async () => (await runtime.containerStatus(id)).state === 'CONTAINER_EXITED';
  const lines: string[] = [];
  const reading = (async () => {
    for await (const { text } of readLog(paths.logs, logPath, { follow: true, hasEnded }))
      lines.push(text.toString().trim());
  })();
  let rotations = 0;
  for (let round = 0; round < 3; round++) {
    await delay(20);
    const reopen = () => runtime.reopenContainerLog(id);
    if (await rotateLog(logPath, Date.now() + round, reopen, { maxBytes: 100, maxFiles: 10 })) rotations += 1;
    await delay(50);
  }
  for (let waited = 0; lines.length < 3000 && waited < 30_000; waited += 20) await delay(20);
  await runtime.stopContainer(id, 0);
  await reading;
  assert.ok(rotations > 0);
  assert.deepEqual(
    lines,
    Array.from({ length: 3000 }, (_, i) => `line ${i + 1}`),
  );
});

test('limits of a running container are changed in the kernel', async () => {
  const id = await runtime.createContainer(sandbox, { ...shellContainer('grows', 'sleep 1000'), image });
  await runtime.startContainer(id);
  await runtime.updateContainerResources(id, { memoryLimitBytes: 64 * 1024 * 1024, cpuShares: 512 });
  const [memory] = globSync(`/sys/fs/cgroup/{memory,}${cgroupParent}/**/${id}/memory.{limit_in_bytes,max}`);
  assert.equal(readFileSync(memory!, 'utf8').trim(), String(64 * 1024 * 1024));
  assert.equal((await runtime.containerStatus(id)).resources.cpuShares, 512);
});
