import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContainerState } from '../../../src/cri/api/runtime_pb.ts';
import { assertCode, type Case, CODE, until, YOUNGER } from './conformance-case.ts';
import type { Subject } from './subject.ts';

const FOREVER = 'f'.repeat(64);
const { CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_EXITED } = ContainerState;

const untilExited = (subject: Subject, id: string) =>
  until('the end of the container', async () => {
    const status = await subject.status(id);
    return status.state === CONTAINER_EXITED ? status : undefined;
  });

export const CONTAINER_CASES: readonly Case[] = [
  {
    verb: 'CreateContainer',
    says: 'makes a container in the state CREATED, with what it was told',
    run: async (subject) => {
      const pod = await subject.common();
      const id = await subject.created(pod, { name: 'made', attempt: 3 });
      const status = await subject.status(id);
      assert.equal(status.state, CONTAINER_CREATED);
      assert.deepEqual([status.metadata?.name, status.metadata?.attempt], ['made', 3]);
      assert.deepEqual(status.labels, { container: 'made' });
      assert.deepEqual(status.annotations, { 'example.com/note': 'made' });
      assert.equal(status.logPath, subject.logOf(pod, 'made'));
      assert.equal(status.image?.image, subject.image);
      assert.ok(status.imageRef !== '' && status.createdAt > 0n && status.startedAt === 0n);
    },
  },
  {
    verb: 'CreateContainer',
    says: 'a client that repeats the call after a time-out gets the first result',
    differs: { containerd: /is reserved for/ },
    run: async (subject) => {
      const pod = await subject.common();
      const config = subject.containerConfig();
      const request = { podSandboxId: pod.id, config, sandboxConfig: pod.config };
      const first = await subject.runtime.createContainer(request);
      assert.equal((await subject.runtime.createContainer(request)).containerId, first.containerId);
    },
  },
  {
    verb: 'CreateContainer',
    says: 'an image that is not present is an error, and so is a sandbox that is not ready',
    run: async (subject) => {
      const pod = await subject.pod();
      await assert.rejects(subject.created(pod, { image: { image: 'localhost/no/such:1' } }), /no\/such/);
      await subject.runtime.stopPodSandbox({ podSandboxId: pod.id });
      await assert.rejects(subject.created(pod), { name: 'PeapodError' });
      await assert.rejects(subject.created({ ...pod, id: FOREVER }), { name: 'PeapodError' });
    },
  },
  {
    verb: 'CreateContainer',
    says: 'command, arguments, environment and working directory are those of the configuration',
    run: async (subject) => {
      const pod = await subject.common();
      const id = await subject.started(pod, {
        command: ['sh', '-c'],
        args: ['echo $0 $GREETING; pwd; exec sleep 1000', 'zero'],
        envs: [{ key: 'GREETING', value: 'hello there' }],
        workingDir: '/tmp',
        name: 'says',
      });
      const log = subject.logOf(pod, 'says');
      const lines = await until('two lines', async () => {
        const found = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
        return found.length === 2 ? found : undefined;
      });
      for (const [index, text] of ['zero hello there', '/tmp'].entries())
        assert.match(
          lines[index] ?? '',
          new RegExp(
            `^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+(Z|[+-]\\d\\d:\\d\\d) stdout F ${text}$`,
          ),
        );
      assert.equal((await subject.status(id)).state, CONTAINER_RUNNING);
    },
  },
  {
    verb: 'CreateContainer',
    says: 'long lines are logged in parts, and the streams are told apart',
    run: async (subject) => {
      const pod = await subject.common();
      const id = await subject.started(pod, {
        command: ['sh', '-c', 'head -c 40000 /dev/zero | tr "\\0" x; echo; echo oops >&2'],
        name: 'long',
      });
      await untilExited(subject, id);
      const lines = await until('all lines', async () => {
        const found = readFileSync(subject.logOf(pod, 'long'), 'utf8').trimEnd().split('\n');
        return found.some((line) => line.endsWith('stderr F oops')) &&
          found.some((line) => / stdout F /.test(line))
          ? found
          : undefined;
      });
      const parts = lines.filter((line) => line.includes(' stdout '));
      assert.ok(parts.length > 1);
      for (const line of parts.slice(0, -1)) assert.match(line, / stdout P x+$/);
      assert.match(parts.at(-1) ?? '', / stdout F x*$/);
      const length = parts.reduce((sum, line) => sum + (/x*$/.exec(line)?.[0].length ?? 0), 0);
      assert.equal(length, 40_000);
    },
  },
  {
    verb: 'CreateContainer',
    says: 'host paths are mounted where they shall be, read-only where that is asked for',
    run: async (subject) => {
      const pod = await subject.common();
      const hostPath = join(subject.directory, `volume-${pod.id.slice(0, 8)}`);
      mkdirSync(hostPath);
      writeFileSync(join(hostPath, 'file'), 'of the host\n');
      const id = await subject.started(pod, {
        mounts: [
          { hostPath, containerPath: '/rw' },
          { hostPath, containerPath: '/ro', readonly: true },
        ],
      });
      assert.equal(
        await subject.shell(id, 'cat /ro/file; touch /rw/new && echo made; touch /ro/no || echo refused'),
        'of the host\nmade\nrefused\n',
      );
      assert.ok(existsSync(join(hostPath, 'new')) && !existsSync(join(hostPath, 'no')));
      const { mounts } = await subject.status(id);
      assert.deepEqual(
        mounts
          .filter(({ hostPath: path }) => path === hostPath)
          .map(({ containerPath, readonly }) => `${containerPath} ${readonly}`)
          .sort(),
        ['/ro true', '/rw false'],
      );
    },
  },
  {
    verb: 'CreateContainer',
    says: 'limits reach the kernel',
    run: async (subject) => {
      const pod = await subject.common();
      const linux = {
        resources: {
          memoryLimitInBytes: 67_108_864n,
          cpuQuota: 50_000n,
          cpuPeriod: 100_000n,
          cpuShares: 512n,
        },
      };
      const id = await subject.started(pod, { linux });
      const read = (controller: string, file: string) =>
        readFileSync(`/sys/fs/cgroup/${controller}${subject.cgroupParent}/${id}/${file}`, 'utf8').trim();
      assert.equal(read('memory', 'memory.limit_in_bytes'), '67108864');
      assert.equal(read('cpu', 'cpu.cfs_quota_us'), '50000');
      assert.equal(read('cpu', 'cpu.shares'), '512');
    },
  },
  {
    verb: 'StartContainer',
    says: 'runs the container; one that does not exist is an error',
    run: async (subject) => {
      const pod = await subject.common();
      const status = await subject.status(await subject.started(pod));
      assert.equal(status.state, CONTAINER_RUNNING);
      assert.ok(status.startedAt >= status.createdAt && status.finishedAt === 0n);
      await assertCode(subject.runtime.startContainer({ containerId: FOREVER }), CODE.notFound);
    },
  },
  {
    verb: 'StartContainer',
    says: 'a command that cannot be run is an error, and the container has exited',
    run: async (subject) => {
      const pod = await subject.common();
      const containerId = await subject.created(pod, { command: ['/no/such/program'] });
      await assert.rejects(subject.runtime.startContainer({ containerId }), /no\/such\/program/);
      const status = await subject.status(containerId);
      assert.equal(status.state, CONTAINER_EXITED);
      assert.notEqual(status.exitCode, 0);
    },
  },
  {
    verb: 'StopContainer',
    says: 'gives the grace period, then kills; stopping again succeeds',
    run: async (subject) => {
      const pod = await subject.common();
      const gentle = await subject.started(pod, {
        command: ['sh', '-c', 'trap "exit 9" TERM; sleep 1000 & wait'],
      });
      const stubborn = await subject.started(pod, { command: ['sh', '-c', 'trap "" TERM; sleep 1000'] });
      await new Promise((resolve) => setTimeout(resolve, 300));
      await subject.runtime.stopContainer({ containerId: gentle, timeout: 20n });
      assert.equal((await subject.status(gentle)).exitCode, 9);
      const begin = Date.now();
      await subject.runtime.stopContainer({ containerId: stubborn, timeout: 1n });
      assert.ok(Date.now() - begin >= 900);
      const { state, exitCode } = await subject.status(stubborn);
      assert.deepEqual([state, exitCode], [CONTAINER_EXITED, 137]);
      await subject.runtime.stopContainer({ containerId: stubborn, timeout: 1n });
    },
  },
  {
    verb: 'StopContainer',
    says: 'without a grace period the container is killed at once',
    run: async (subject) => {
      const pod = await subject.common();
      const containerId = await subject.started(pod, { command: ['sh', '-c', 'trap "" TERM; sleep 1000'] });
      await subject.runtime.stopContainer({ containerId, timeout: 0n });
      const { state, exitCode } = await subject.status(containerId);
      assert.deepEqual([state, exitCode], [CONTAINER_EXITED, 137]);
    },
  },
  {
    verb: 'RemoveContainer',
    says: 'a running container is forcibly removed; removing again succeeds',
    run: async (subject) => {
      const pod = await subject.common();
      const containerId = await subject.started(pod);
      await subject.runtime.removeContainer({ containerId });
      await assertCode(subject.runtime.containerStatus({ containerId }), CODE.notFound);
      await subject.runtime.removeContainer({ containerId });
    },
  },
  {
    verb: 'ListContainers',
    says: 'filters by id, state, sandbox and labels, all of them together',
    run: async (subject) => {
      const [pod, other] = [await subject.pod(), await subject.pod()];
      const running = await subject.started(pod, { name: 'runs' });
      const created = await subject.created(pod, { name: 'waits' });
      const elsewhere = await subject.created(other, { name: 'runs' });
      const ids = async (filter: object) =>
        (await subject.runtime.listContainers({ filter })).containers.map(({ id }) => id).sort();
      assert.deepEqual(await ids({ podSandboxId: pod.id }), [running, created].sort());
      assert.deepEqual(await ids({ id: elsewhere }), [elsewhere]);
      assert.deepEqual(await ids({ podSandboxId: pod.id, state: { state: CONTAINER_CREATED } }), [created]);
      assert.deepEqual(await ids({ podSandboxId: other.id, labelSelector: { container: 'runs' } }), [
        elsewhere,
      ]);
      assert.deepEqual(await ids({ podSandboxId: other.id, id: running }), []);
      const [listed] = (await subject.runtime.listContainers({ filter: { id: running } })).containers;
      assert.equal(listed?.podSandboxId, pod.id);
      assert.equal(listed?.state, CONTAINER_RUNNING);
      assert.equal(listed?.metadata?.name, 'runs');
    },
  },
  {
    verb: 'StreamContainers',
    says: 'gives each container once, in lists of one at least, and ends',
    differs: YOUNGER,
    run: async (subject) => {
      const pod = await subject.common();
      for (let index = 0; index < 3; index += 1) await subject.created(pod);
      const listed = (await subject.runtime.listContainers({})).containers.map(({ id }) => id).sort();
      const streamed: string[] = [];
      for await (const { containers } of subject.runtime.streamContainers({})) {
        assert.ok(containers.length > 0);
        streamed.push(...containers.map(({ id }) => id));
      }
      assert.deepEqual(streamed.sort(), listed);
    },
  },
  {
    verb: 'ContainerStatus',
    says: 'tells how the container ended, and one that is not present is an error',
    run: async (subject) => {
      const pod = await subject.common();
      for (const [exitCode, reason] of [
        [0, 'Completed'],
        [3, 'Error'],
      ] as const) {
        const id = await subject.started(pod, { command: ['sh', '-c', `sleep 0.5; exit ${exitCode}`] });
        const status = await untilExited(subject, id);
        assert.equal(status.exitCode, exitCode);
        assert.equal(status.reason, reason);
        assert.ok(status.createdAt <= status.startedAt && status.startedAt <= status.finishedAt);
      }
      await assertCode(subject.runtime.containerStatus({ containerId: FOREVER }), CODE.notFound);
    },
  },
  {
    verb: 'ContainerStatus',
    says: 'a container that was killed for want of memory says so',
    run: async (subject) => {
      const pod = await subject.common();
      const id = await subject.started(pod, {
        command: ['sh', '-c', 'exec tail /dev/zero'],
        linux: { resources: { memoryLimitInBytes: 16_777_216n, memorySwapLimitInBytes: 16_777_216n } },
      });
      const { reason, exitCode } = await untilExited(subject, id);
      assert.deepEqual([reason, exitCode], ['OOMKilled', 137]);
    },
  },
  {
    verb: 'ContainerStatus',
    says: 'tells the resources, the user and the image id',
    differs: { containerd: /no user/ },
    run: async (subject) => {
      const pod = await subject.common();
      const id = await subject.started(pod, {
        linux: {
          resources: { memoryLimitInBytes: 67_108_864n },
          securityContext: { runAsUser: { value: 1234n }, supplementalGroups: [77n] },
        },
      });
      const { resources, user, imageId } = await subject.status(id);
      assert.ok(resources?.linux, 'no resources');
      assert.equal(resources.linux.memoryLimitInBytes, 67_108_864n);
      assert.ok(user?.linux, 'no user');
      assert.equal(user.linux.uid, 1234n);
      assert.ok(user.linux.supplementalGroups.includes(77n));
      assert.match(imageId, /^sha256:/);
    },
  },
  {
    verb: 'UpdateContainerResources',
    says: 'changes the limits synchronously, and leaves the others; a container that is not there is an error',
    run: async (subject) => {
      const pod = await subject.common();
      const containerId = await subject.started(pod, {
        linux: { resources: { memoryLimitInBytes: 67_108_864n, cpuShares: 512n } },
      });
      await subject.runtime.updateContainerResources({ containerId, linux: { cpuShares: 1024n } });
      const read = (controller: string, file: string) =>
        readFileSync(
          `/sys/fs/cgroup/${controller}${subject.cgroupParent}/${containerId}/${file}`,
          'utf8',
        ).trim();
      assert.equal(read('cpu', 'cpu.shares'), '1024');
      assert.equal(read('memory', 'memory.limit_in_bytes'), '67108864');
      await assertCode(
        subject.runtime.updateContainerResources({ containerId: FOREVER, linux: { cpuShares: 2n } }),
        CODE.notFound,
      );
    },
  },
  {
    verb: 'ReopenContainerLog',
    says: 'after the log was renamed away, new lines go to a new file',
    run: async (subject) => {
      const pod = await subject.common();
      const containerId = await subject.started(pod, {
        command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done'],
        name: 'rotates',
      });
      const log = subject.logOf(pod, 'rotates');
      await until('a line', async () => (existsSync(log) && readFileSync(log).length > 0 ? true : undefined));
      renameSync(log, `${log}.1`);
      await subject.runtime.reopenContainerLog({ containerId });
      await until('a line in the new file', async () =>
        existsSync(log) && readFileSync(log).length > 0 ? true : undefined,
      );
      const numbers = [`${log}.1`, log]
        .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'))
        .map((line) => Number(/line (\d+)$/.exec(line)?.[1]));
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => index + 1),
      );
    },
  },
  {
    verb: 'ReopenContainerLog',
    says: 'once it is an error for a container that does not run, no file is made',
    run: async (subject) => {
      const pod = await subject.common();
      const containerId = await subject.started(pod, { command: ['true'], name: 'done' });
      await untilExited(subject, containerId);
      const log = subject.logOf(pod, 'done');
      if (existsSync(log)) renameSync(log, `${log}.1`);
      const failed = await subject.runtime.reopenContainerLog({ containerId }).then(
        () => false,
        () => true,
      );
      assert.equal(existsSync(log), !failed);
    },
  },
  {
    verb: 'ContainerStats',
    says: 'tells what a container uses; one that is not there is an error',
    run: async (subject) => {
      const pod = await subject.common();
      const containerId = await subject.started(pod, { name: 'used' });
      await subject.shell(containerId, 'dd if=/dev/zero of=/file bs=1M count=2');
      const stats = await until('the file to be counted', async () => {
        const answer = await subject.runtime.containerStats({ containerId });
        return (answer.stats?.writableLayer?.usedBytes?.value ?? 0n) >= 2_097_152n ? answer.stats : undefined;
      });
      assert.equal(stats.attributes?.id, containerId);
      assert.equal(stats.attributes?.metadata?.name, 'used');
      assert.ok((stats.cpu?.usageCoreNanoSeconds?.value ?? 0n) > 0n);
      assert.ok((stats.memory?.workingSetBytes?.value ?? 0n) > 0n);
      assert.ok((stats.cpu?.timestamp ?? 0n) > 0n);
      await assertCode(subject.runtime.containerStats({ containerId: FOREVER }), CODE.notFound);
    },
  },
  {
    verb: 'ListContainerStats',
    says: 'gives the stats of all running containers that match the filter',
    run: async (subject) => {
      const pod = await subject.common();
      const running = await subject.started(pod, { name: 'on' });
      await subject.started(pod, { name: 'off', command: ['true'] }).then((id) => untilExited(subject, id));
      const ids = async (filter: object) =>
        (await subject.runtime.listContainerStats({ filter })).stats.map(({ attributes }) => attributes?.id);
      assert.deepEqual(await ids({ podSandboxId: pod.id, labelSelector: { container: 'on' } }), [running]);
      assert.deepEqual(await ids({ id: running }), [running]);
      assert.deepEqual(await ids({ podSandboxId: pod.id, labelSelector: { container: 'nobody' } }), []);
    },
  },
  {
    verb: 'GetContainerEvents',
    says: 'tells what happens to a container, with the state of its pod',
    differs: YOUNGER,
    run: async (subject) => {
      const abort = new AbortController();
      const seen: { id: string; type: number; uid: string }[] = [];
      const watching = (async () => {
        for await (const event of subject.runtime.getContainerEvents({}, { signal: abort.signal }))
          seen.push({
            id: event.containerId,
            type: event.containerEventType,
            uid: event.podSandboxStatus?.metadata?.uid ?? '',
          });
      })();
      watching.catch(() => {});
      await Promise.race([watching, new Promise((resolve) => setTimeout(resolve, 500))]);
      const pod = await subject.common();
      const containerId = await subject.started(pod);
      const types = () => [...new Set(seen.filter(({ id }) => id === containerId).map(({ type }) => type))];
      const told = (type: number) =>
        until(`event ${type}`, async () => (types().includes(type) ? true : undefined));
      await told(1);
      await subject.runtime.stopContainer({ containerId, timeout: 1n });
      await told(2);
      await subject.runtime.removeContainer({ containerId });
      await told(3);
      assert.ok(seen.some(({ id, uid }) => id === containerId && uid === pod.config.metadata?.uid));
      abort.abort();
      await watching.catch(() => {});
    },
  },
  {
    verb: 'CheckpointContainer',
    says: 'is an error where nothing can checkpoint, or for a container that is not there',
    run: async (subject) => {
      await assert.rejects(
        subject.runtime.checkpointContainer({ containerId: FOREVER, location: '/nonexistent/file.tar' }),
        { name: 'PeapodError' },
      );
    },
  },
];
