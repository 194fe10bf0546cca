/** conmons and OCI runtimes that wait for containers to come. As root. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { shellContainer } from '../../src/runtime/container/testing/container-host.ts';
import type { LocalRuntime } from '../../src/runtime/local-runtime.ts';
import type { ContainerConfig } from '../../src/runtime/pod-runtime.ts';
import { rotateLog } from '../../src/runtime/stream/log-rotation.ts';
import { until } from './support/peapod.ts';
import { openRuntimeSandbox, type RuntimeSandbox } from './support/runtime-sandbox.ts';

let host: RuntimeSandbox;
let runtime: LocalRuntime;

before(async () => {
  host = await openRuntimeSandbox('launch', { bridge: 'peatest-la0', subnet: '10.213.19.0/24' });
  runtime = host.runtime;
});
after(() => host.close());

/** The ids of those that wait. */
function waiting(): string[] {
  return globSync(join(host.paths.containers, '*/0.log'))
    .map(dirname)
    .filter((folder) => !existsSync(join(folder, 'container.json')))
    .map((folder) => folder.slice(-64))
    .filter((id) => existsSync(conmonFile(id)));
}

/** The ids of those that wait, when so many do, and the pool that makes them knows it. */
async function untilWaiting(count: number): Promise<string[]> {
  await until(`${count} wait`, async () => (waiting().length === count ? true : undefined));
  // The pool looks every 5 ms; its timer runs off before this one, however slow the machine is.
  await delay(50);
  return waiting();
}

async function withLaunches(count: number, work: (ids: string[]) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const kept = runtime.keepSpares({ sandboxes: 0, containers: count }, (error) => failures.push(error), {
    signal: stop.signal,
  });
  try {
    await work(await untilWaiting(count));
  } finally {
    stop.abort();
    await kept;
  }
  assert.deepEqual(failures, []);
  assert.deepEqual(waiting(), []);
}

function shell(name: string, command: string, more: Partial<ContainerConfig> = {}): ContainerConfig {
  return { ...shellContainer(name, command, more), image: host.image };
}

function conmonFile(id: string): string {
  return join(host.paths.run, 'containers', id, 'conmon.pid');
}

function conmonOf(id: string): number {
  return Number(readFileSync(conmonFile(id), 'utf8'));
}

async function logged(id: string, text: string): Promise<void> {
  const { logPath } = await runtime.containerStatus(id);
  await until(`the log says ${text}`, async () =>
    readFileSync(logPath, 'utf8').includes(text) ? true : undefined,
  );
}

async function remove(id: string): Promise<void> {
  await runtime.removeContainer(id);
  assert.deepEqual(host.leaks(id), []);
  assert.ok(!existsSync(join(host.paths.containers, id)));
}

test('a container takes the id and the conmon of one that waits, and its log is where it is wanted', async () => {
  await withLaunches(1, async ([spare = '']) => {
    const conmon = conmonOf(spare);
    const config = shell('taken', 'echo here it is; exec sleep 1000');
    const id = await runtime.createContainer(host.sandbox, config);
    assert.equal(id, spare);
    assert.equal(conmonOf(id), conmon);
    assert.equal(await runtime.createContainer(host.sandbox, config), id, 'asked for again, it is the same');
    await runtime.startContainer(id);
    const { logPath, state } = await runtime.containerStatus(id);
    assert.equal(state, 'CONTAINER_RUNNING');
    assert.equal(logPath, join(host.paths.logs, 'launch/taken/0.log'));
    await logged(id, 'here it is');
    await remove(id);
  });
});

test('its log is rotated as any other', async () => {
  await withLaunches(1, async ([spare]) => {
    const id = await runtime.createContainer(
      host.sandbox,
      shell('rotated', 'trap "echo after" USR1; echo before; while :; do sleep 0.05; done'),
    );
    assert.equal(id, spare);
    await runtime.startContainer(id);
    await logged(id, 'before');
    const { logPath, pid } = await runtime.containerStatus(id);
    const reopen = () => runtime.reopenContainerLog(id);
    assert.ok(await rotateLog(logPath, Date.now(), reopen, { maxBytes: 1, maxFiles: 3 }));
    await until('conmon has the log open again', async () => (existsSync(logPath) ? true : undefined));
    process.kill(pid, 'SIGUSR1');
    await logged(id, 'after');
    assert.doesNotMatch(readFileSync(logPath, 'utf8'), /before/);
    await remove(id);
  });
});

test('one that waits is not taken for a terminal, for input, for another log, or for one that is there', async () => {
  const present = join(host.paths.logs, 'launch/present/0.log');
  await withLaunches(1, async ([spare]) => {
    const first = await runtime.createContainer(host.sandbox, shell('present', 'echo anew'));
    assert.equal(first, spare);
    await remove(first);
    writeFileSync(present, 'from before\n');
    const [next] = await untilWaiting(1);
    for (const config of [
      shell('terminal', 'exec sleep 1000', { tty: true }),
      shell('input', 'exec cat', { stdin: true }),
      shell('again', 'exec sleep 1000', { logPath: 'again/1.log' }),
      shell('present', 'echo more'),
    ]) {
      const id = await runtime.createContainer(host.sandbox, config);
      assert.notEqual(id, next, config.metadata.name);
      await runtime.startContainer(id);
      if (config.metadata.name === 'present') await logged(id, 'more');
      await remove(id);
    }
    assert.match(readFileSync(present, 'utf8'), /^from before\n.*more/s);
    assert.deepEqual(waiting(), [next]);
  });
});

test('where logs are on another file system containers are made as without', async () => {
  const other = mkdtempSync('/dev/shm/peapod-launch-');
  const here = await host.open();
  const stop = new AbortController();
  const failures: unknown[] = [];
  const kept = here.keepSpares({ sandboxes: 0, containers: 1 }, (error) => failures.push(error), {
    signal: stop.signal,
  });
  const config = {
    metadata: { name: 'elsewhere', namespace: 'default', uid: 'elsewhere', attempt: 0 },
    hostname: 'elsewhere',
    logDirectory: other,
    portMappings: [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent: await here.podCgroups.ensure({ uid: 'elsewhere', qosClass: 'BestEffort' as const }, {}),
      namespaces: { network: 'POD' as const, pid: 'CONTAINER' as const, ipc: 'POD' as const },
      sysctls: {},
      securityContext: {},
    },
  };
  try {
    await untilWaiting(1);
    const sandbox = await here.runPodSandbox(config);
    const id = await here.createContainer(sandbox, shell('elsewhere', 'echo far away; exec sleep 1000'));
    await here.startContainer(id);
    await until('its log is there', async () =>
      readFileSync(join(other, 'elsewhere/0.log'), 'utf8').includes('far away') ? true : undefined,
    );
    // None is made that will never fit.
    await delay(1000);
    assert.deepEqual(waiting(), []);
    await here.removePodSandbox(sandbox);
  } finally {
    stop.abort();
    await kept;
    await here.podCgroups.remove('elsewhere');
    rmSync(other, { recursive: true });
  }
  assert.deepEqual(failures, []);
});

test('one whose conmon died is not taken', async () => {
  await withLaunches(2, async ([dead = '', living]) => {
    process.kill(conmonOf(dead), 'SIGKILL');
    await delay(100);
    const id = await runtime.createContainer(host.sandbox, shell('lucky', 'echo alive; exec sleep 1000'));
    assert.equal(id, living);
    await runtime.startContainer(id);
    await logged(id, 'alive');
    assert.deepEqual(host.leaks(dead), []);
    await remove(id);
  });
});

for (const count of [0, 1]) {
  test(`a specification that no pipe holds is given as a file, with ${count} that wait`, async () => {
    await withLaunches(count, async () => {
      const env = Array.from({ length: 3 }, (_, i) => ({ name: `LONG_${i}`, value: 'x'.repeat(100_000) }));
      const id = await runtime.createContainer(
        host.sandbox,
        shell('long', 'echo ${#LONG_2} bytes; exec sleep 1000', { env }),
      );
      await runtime.startContainer(id);
      await logged(id, '100000 bytes');
      await remove(id);
    });
  });
}

test('a command that cannot be run is told at the start, and one that is refused leaves nothing', async () => {
  await withLaunches(1, async ([spare]) => {
    const id = await runtime.createContainer(host.sandbox, {
      ...shell('wrong', ''),
      command: ['/no/such/program'],
    });
    assert.equal(id, spare);
    await assert.rejects(runtime.startContainer(id), /no such file|not found/i);
    await remove(id);
  });
});

test('what a killed process had waiting is taken away at the next start', async () => {
  const program = `
    const { openLocalRuntime } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/runtime/local-runtime.ts'))});
    const { systemClock } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/cli/system-clock.ts'))});
    const runtime = await openLocalRuntime({
      paths: ${JSON.stringify(host.paths)}, clock: systemClock, version: 'test', cgroupParent: '${host.cgroupParent}',
    });
    await runtime.keepSpares({ sandboxes: 0, containers: 2 }, console.error, { signal: new AbortController().signal });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const left = await untilWaiting(2);
  await runtime.collect();
  assert.deepEqual(waiting(), left, 'they are another process’s');
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  await runtime.collect();
  for (const id of left) assert.deepEqual(host.leaks(id), []);
  assert.deepEqual(readdirSync(host.paths.containers), []);
});
