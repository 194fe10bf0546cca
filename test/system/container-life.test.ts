import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { waitForExit } from '../../src/runtime/container/container-exit.ts';
import { containerPaths } from '../../src/runtime/container/container-paths.ts';
import { containerStatus, listContainers } from '../../src/runtime/container/container-status.ts';
import { createContainer } from '../../src/runtime/container/create-container.ts';
import { removeContainer } from '../../src/runtime/container/remove-container.ts';
import { startContainer } from '../../src/runtime/container/start-container.ts';
import { stopContainer } from '../../src/runtime/container/stop-container.ts';
import {
  type ContainerHost,
  openContainerHost,
  shellContainer,
} from '../../src/runtime/container/testing/container-host.ts';
import type { ContainerConfig } from '../../src/runtime/pod-runtime.ts';

for (const runtime of ['crun', 'runc'] as const) {
  test(`containers under ${runtime}`, async (t) => {
    let host: ContainerHost;
    before(async () => {
      host = await openContainerHost({ runtime });
    });
    after(async () => {
      await host[Symbol.asyncDispose]();
    });
    const create = (config: ContainerConfig) => createContainer(host.context, host.sandbox.id, config);

    await t.test('one that succeeds goes from created over running to exited', async () => {
      const id = await create(shellContainer('ok', 'echo out; echo err >&2; sleep 0.2'));
      const created = await containerStatus(host.context, id);
      assert.equal(created.state, 'CONTAINER_CREATED');
      assert.ok(created.pid > 0);
      await startContainer(host.context, id);
      assert.equal((await containerStatus(host.context, id)).state, 'CONTAINER_RUNNING');
      assert.equal(await waitForExit(host.context, id), 0);
      const ended = await containerStatus(host.context, id);
      assert.deepEqual(
        [ended.state, ended.reason, ended.exitCode, ended.pid],
        ['CONTAINER_EXITED', 'Completed', 0, 0],
      );
      assert.ok(ended.createdAt <= ended.startedAt && ended.startedAt <= ended.finishedAt);
      const log = readFileSync(ended.logPath, 'utf8');
      assert.match(log, /^\S+ stdout F out$/m);
      assert.match(log, /^\S+ stderr F err$/m);
    });

    await t.test('the same name and attempt gives the same container', async () => {
      const config = shellContainer('twice', 'sleep 100');
      const [first, second] = await Promise.all([create(config), create(config)]);
      assert.equal(first, second);
      assert.equal((await listContainers(host.context, { labels: { name: 'twice' } })).length, 1);
    });

    await t.test('an exit code comes through, as Error', async () => {
      const id = await create(shellContainer('fails', 'exit 7'));
      await startContainer(host.context, id);
      assert.equal(await waitForExit(host.context, id), 7);
      assert.equal((await containerStatus(host.context, id)).reason, 'Error');
    });

    for (const [name, command, message] of [
      ['not-in-path', ['nope'], /exec: "nope": executable file not found in \$PATH/],
      ['no-such-file', ['/no/such'], /exec: "\/no\/such": stat \/no\/such: no such file or directory/],
      ['not-executable', ['/etc/passwd'], /exec: "\/etc\/passwd": permission denied/],
    ] as const) {
      await t.test(`a command that is ${name} is told when it is started`, async () => {
        const id = await create(shellContainer(name, '', { command: [...command] }));
        assert.equal((await containerStatus(host.context, id)).state, 'CONTAINER_CREATED');
        await assert.rejects(startContainer(host.context, id), { code: 'RunContainerError', message });
        const status = await containerStatus(host.context, id);
        assert.deepEqual(
          [status.state, status.exitCode, status.reason, status.startedAt],
          ['CONTAINER_EXITED', 128, 'StartError', 0],
        );
        assert.match(status.message, message);
      });
    }

    await t.test(
      'one that could not be made, and is stopped before anybody starts it, has ended',
      async () => {
        const id = await create(shellContainer('refused', '', { command: ['nope'] }));
        await stopContainer(host.context, id, 5000);
        const { state, exitCode, reason, message } = await containerStatus(host.context, id);
        assert.deepEqual([state, exitCode, reason], ['CONTAINER_EXITED', 128, 'StartError']);
        assert.match(message, /exec: "nope": executable file not found/);
      },
    );

    await t.test('one that could not be made, or was never started, is removed at once', async () => {
      const begin = Date.now();
      for (const command of [['nope'], ['sleep', '100']]) {
        const id = await create(shellContainer('unstarted', '', { command }));
        await stopContainer(host.context, id, 5000);
        await removeContainer(host.context, id);
      }
      assert.ok(Date.now() - begin < 10_000);
    });

    await t.test('stopping sends the stop signal and takes what the container makes of it', async () => {
      const id = await create(
        shellContainer('stops', 'trap "exit 3" USR1; echo ready; while :; do sleep 0.05; done', {
          stopSignal: 'SIGUSR1',
        }),
      );
      await startContainer(host.context, id);
      while (!readFileSync((await containerStatus(host.context, id)).logPath, 'utf8').includes('ready'));
      await stopContainer(host.context, id, 5000);
      assert.equal((await containerStatus(host.context, id)).exitCode, 3);
      await stopContainer(host.context, id, 5000);
    });

    await t.test('one that ignores the signal is killed when its time is over', async () => {
      const id = await create(shellContainer('stubborn', 'trap "" TERM; sleep 100'));
      await startContainer(host.context, id);
      const begin = Date.now();
      await stopContainer(host.context, id, 300);
      assert.ok(Date.now() - begin >= 300 && Date.now() - begin < 3000);
      assert.equal((await containerStatus(host.context, id)).exitCode, 137);
    });

    await t.test('out of memory is OOMKilled', async () => {
      const id = await create(
        shellContainer('greedy', 'dd if=/dev/zero of=/dev/null bs=200M count=1', {
          linux: { resources: { memoryLimitBytes: 32 * 1024 * 1024 }, securityContext: {} },
        }),
      );
      await startContainer(host.context, id);
      assert.equal(await waitForExit(host.context, id), 137);
      assert.equal((await containerStatus(host.context, id)).reason, 'OOMKilled');
    });

    await t.test('removing kills, and leaves no file, mount or cgroup', async () => {
      const id = await create(shellContainer('removed', 'sleep 100'));
      await startContainer(host.context, id);
      const { pid, logPath } = await containerStatus(host.context, id);
      await removeContainer(host.context, id);
      await removeContainer(host.context, id);
      assert.equal(existsSync(`/proc/${pid}`), false);
      const paths = containerPaths(host.context.paths, id);
      for (const path of [paths.persistent, paths.bundle, paths.exit, paths.lock])
        assert.ok(!existsSync(path), path);
      assert.ok(!readFileSync('/proc/self/mountinfo', 'utf8').includes(id));
      assert.ok(!existsSync(`/sys/fs/cgroup/memory${host.cgroupParent}/${id}`));
      assert.ok(existsSync(logPath));
      await assert.rejects(containerStatus(host.context, id), { code: 'NotFound' });
    });

    await t.test('a container that is gone, or was never there, is NotFound', async () => {
      await assert.rejects(startContainer(host.context, 'b'.repeat(64)), { code: 'NotFound' });
      await assert.rejects(containerStatus(host.context, '../../etc'), { code: 'NotFound' });
      await stopContainer(host.context, 'b'.repeat(64), 0);
    });
  });
}
