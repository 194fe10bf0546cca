/** A pod's life over CRI, verb by verb, seen by the kernel. */
import assert from 'node:assert/strict';
import { readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  ContainerState,
  MountPropagation,
  NamespaceMode,
  PodSandboxState,
  Signal,
} from '../../src/cri/api/runtime_pb.ts';
import { IMAGE, shellConfig, startCri, type TestCri } from './support/cri.ts';
import { until } from './support/peapod.ts';

let cri: TestCri;
before(async () => {
  cri = await startCri();
});
after(async () => {
  await cri[Symbol.asyncDispose]();
});

test('the socket is root\u2019s alone, and tells what serves there', async () => {
  assert.equal((await stat(cri.socket)).mode & 0o777, 0o600);
  const version = await cri.runtime.version({});
  assert.equal(version.runtimeName, 'peapod');
  assert.equal(version.runtimeApiVersion, 'v1');
  const { status, runtimeHandlers, features, info } = await cri.runtime.status({ verbose: true });
  assert.deepEqual(
    status?.conditions.map(({ type, status: isTrue }) => [type, isTrue]),
    [
      ['RuntimeReady', true],
      ['NetworkReady', true],
    ],
  );
  assert.equal(runtimeHandlers[0]?.name, '');
  assert.equal(features?.supplementalGroupsPolicy, true);
  assert.match(JSON.parse(info['config'] ?? '{}').ociRuntime, /crun|runc/);
  assert.deepEqual((await cri.runtime.status({})).info, {});
});

test('a pod lives from its first verb to its last', async () => {
  const { runtime } = cri;
  const podSandboxId = await cri.runPod('life', { labels: { app: 'life' }, annotations: { note: 'x' } });
  const sandbox = await runtime.podSandboxStatus({ podSandboxId, verbose: true });
  assert.equal(sandbox.status?.state, PodSandboxState.SANDBOX_READY);
  assert.deepEqual(sandbox.status?.labels, { app: 'life' });
  assert.deepEqual(sandbox.status?.annotations, { note: 'x' });
  assert.match(sandbox.status?.network?.ip ?? '', /^10\.\d+\.\d+\.\d+$/);
  const pid = JSON.parse(sandbox.info['info'] ?? '{}').pid as number;
  assert.notEqual(await readlink(`/proc/${pid}/ns/net`), await readlink('/proc/self/ns/net'));

  const config = shellConfig(
    'main',
    'trap "exit 7" TERM; hostname; echo err >&2; while :; do sleep 0.1; done',
    {
      stopSignal: Signal.SIGTERM,
      labels: { c: 'main' },
    },
  );
  const { containerId } = await runtime.createContainer({ podSandboxId, config });
  const created = (await runtime.containerStatus({ containerId })).status;
  assert.equal(created?.state, ContainerState.CONTAINER_CREATED);
  assert.equal(created?.startedAt, 0n);
  await runtime.startContainer({ containerId });
  const running = (await runtime.containerStatus({ containerId, verbose: true })).status;
  assert.equal(running?.state, ContainerState.CONTAINER_RUNNING);
  assert.equal(running?.image?.image, IMAGE);
  assert.equal(running?.imageId, (await cri.images.imageStatus({ image: { image: IMAGE } })).image?.id);
  // The image's user, which is a number.
  assert.equal(running?.user?.linux?.uid, 33n);
  assert.equal(running?.user?.linux?.gid, 77n);
  await until('the log', async () => ((await cri.logOf(containerId)) === 'life\nerr\n' ? true : undefined));

  await runtime.stopContainer({ containerId, timeout: 20n });
  const ended = (await runtime.containerStatus({ containerId })).status;
  assert.equal(ended?.state, ContainerState.CONTAINER_EXITED);
  assert.equal(ended?.exitCode, 7);
  assert.equal(ended?.reason, 'Error');
  assert.ok((ended?.finishedAt ?? 0n) >= (ended?.startedAt ?? 0n));

  await runtime.removeContainer({ containerId });
  await assert.rejects(runtime.containerStatus({ containerId }), { code: 'NotFound' });
  await runtime.stopPodSandbox({ podSandboxId });
  assert.equal(
    (await runtime.podSandboxStatus({ podSandboxId })).status?.state,
    PodSandboxState.SANDBOX_NOTREADY,
  );
  await runtime.removePodSandbox({ podSandboxId });
  await assert.rejects(runtime.podSandboxStatus({ podSandboxId }), { code: 'NotFound' });
});

test('what is gone is stopped and removed without an error', async () => {
  const id = 'f'.repeat(64);
  await cri.runtime.stopContainer({ containerId: id });
  await cri.runtime.removeContainer({ containerId: id });
  await cri.runtime.stopPodSandbox({ podSandboxId: id });
  await cri.runtime.removePodSandbox({ podSandboxId: id });
  await cri.images.removeImage({ image: { image: 'localhost/none:x' } });
});

test('a repeated run or create gives the first one\u2019s result, also while it is under way', async () => {
  const [first, second] = await Promise.all([cri.runPod('twice'), cri.runPod('twice')]);
  assert.equal(first, second);
  assert.equal(await cri.runPod('twice'), first);
  const request = { podSandboxId: first, config: shellConfig('one', 'sleep 1000') };
  const ids = await Promise.all([1, 2, 3].map(() => cri.runtime.createContainer(request)));
  assert.equal(new Set(ids.map(({ containerId }) => containerId)).size, 1);
  // A client whose time is over finds its container when it asks again.
  const slow = { podSandboxId: first, config: shellConfig('two', 'sleep 1000') };
  await assert.rejects(cri.runtime.createContainer(slow, { timeoutMs: 1 }), { code: 'TimedOut' });
  const { containerId } = await cri.runtime.createContainer(slow);
  await cri.runtime.startContainer({ containerId });
  await cri.runtime.removePodSandbox({ podSandboxId: first });
  const { containers } = await cri.runtime.listContainers({ filter: { podSandboxId: first } });
  assert.deepEqual(containers, []);
});

test('lists are filtered by label, state and the beginning of an id, and streamed', async () => {
  const podSandboxId = await cri.runPod('listed', { labels: { app: 'a', tier: 'b' } });
  await cri.runPod('other', { labels: { app: 'a' } });
  const ids = async (filter: Parameters<typeof cri.runtime.listPodSandbox>[0]['filter']) =>
    (await cri.runtime.listPodSandbox(filter === undefined ? {} : { filter })).items.map(({ id }) => id);
  assert.deepEqual(await ids({ labelSelector: { app: 'a', tier: 'b' } }), [podSandboxId]);
  assert.deepEqual(await ids({ id: podSandboxId.slice(0, 12) }), [podSandboxId]);
  assert.deepEqual(await ids({ id: podSandboxId, state: { state: PodSandboxState.SANDBOX_NOTREADY } }), []);
  assert.equal((await ids(undefined)).length, 2);
  const streamed: string[] = [];
  for await (const { podSandboxes } of cri.runtime.streamPodSandboxes({}))
    streamed.push(...podSandboxes.map(({ id }) => id));
  assert.deepEqual(streamed.sort(), (await ids(undefined)).sort());

  const containerId = await cri.runShell(podSandboxId, 'c', 'sleep 1000', { labels: { x: 'y' } });
  const short = await cri.runtime.containerStatus({ containerId: containerId.slice(0, 10) });
  assert.equal(short.status?.id, containerId);
  for (const filter of [
    { id: containerId.slice(0, 5) },
    { podSandboxId: podSandboxId.slice(0, 8) },
    { labelSelector: { x: 'y' } },
    { state: { state: ContainerState.CONTAINER_RUNNING } },
  ]) {
    const { containers } = await cri.runtime.listContainers({ filter });
    assert.deepEqual(
      containers.map(({ id }) => id),
      [containerId],
    );
  }
  assert.deepEqual(
    (await cri.runtime.listContainers({ filter: { labelSelector: { x: 'z' } } })).containers,
    [],
  );
  for (const id of await ids(undefined)) await cri.runtime.removePodSandbox({ podSandboxId: id });
});

test('a command runs to its end, with its outputs apart; one that takes too long is killed', async () => {
  const podSandboxId = await cri.runPod('exec');
  const containerId = await cri.runShell(podSandboxId, 'c', 'sleep 1000');
  const exec = (script: string, timeout = 0n) =>
    cri.runtime.execSync({ containerId, cmd: ['/bin/sh', '-c', script], timeout });
  const result = await exec('echo out; echo err >&2; exit 3');
  assert.equal(Buffer.from(result.stdout).toString(), 'out\n');
  assert.equal(Buffer.from(result.stderr).toString(), 'err\n');
  assert.equal(result.exitCode, 3);
  await assert.rejects(exec('sleep 999', 1n), { code: 'TimedOut' });
  const { stdout } = await exec('ps');
  assert.doesNotMatch(Buffer.from(stdout).toString(), /sleep 999/);
  const much = await exec('yes | head -c 40000000; yes error | head -c 10000000 >&2');
  assert.equal(much.exitCode, 0);
  assert.ok(much.stdout.length > 15_000_000, `${much.stdout.length} bytes`);
  await assert.rejects(cri.runtime.execSync({ containerId, cmd: [] }), {
    code: 'Invalid',
    message: /^cmd: /,
  });
  await cri.runtime.removePodSandbox({ podSandboxId });
});

test('a stop with less grace does not wait for one with more', async () => {
  const podSandboxId = await cri.runPod('grace');
  const containerId = await cri.runShell(podSandboxId, 'c', 'trap "" TERM; while :; do sleep 0.1; done');
  const patient = cri.runtime.stopContainer({ containerId, timeout: 300n });
  const begun = Date.now();
  await cri.runtime.stopContainer({ containerId, timeout: 0n });
  await patient;
  assert.ok(Date.now() - begun < 60_000);
  assert.equal((await cri.runtime.containerStatus({ containerId })).status?.exitCode, 137);
  await cri.runtime.removePodSandbox({ podSandboxId });
});

test('a log is written anew once it is told so; without a path none is kept', async () => {
  const podSandboxId = await cri.runPod('logs');
  const containerId = await cri.runShell(podSandboxId, 'c', 'while :; do echo line; sleep 0.05; done');
  const { status } = await cri.runtime.containerStatus({ containerId });
  const path = status?.logPath ?? '';
  await until('a line', async () => ((await readFile(path, 'utf8')).includes('line') ? true : undefined));
  await rename(path, `${path}.1`);
  await cri.runtime.reopenContainerLog({ containerId });
  await until('a line', async () =>
    (await readFile(path, 'utf8')).includes('stdout F line') ? true : undefined,
  );

  const silent = await cri.runShell(podSandboxId, 'silent', 'echo x; sleep 1000', { logPath: '' });
  assert.equal((await cri.runtime.containerStatus({ containerId: silent })).status?.logPath, '');
  const ended = await cri.runShell(podSandboxId, 'ended', 'true');
  await until('its end', async () =>
    (await cri.runtime.containerStatus({ containerId: ended })).status?.state ===
    ContainerState.CONTAINER_EXITED
      ? true
      : undefined,
  );
  await assert.rejects(cri.runtime.reopenContainerLog({ containerId: ended }), {
    code: 'FailedPrecondition',
  });
  await cri.runtime.removePodSandbox({ podSandboxId });
  const noDirectory = await cri.runPod('nologs', { logDirectory: '' });
  await cri.runShell(noDirectory, 'c', 'echo x; sleep 1000');
  await cri.runtime.removePodSandbox({ podSandboxId: noDirectory });
});

test('an unset seccomp profile is unconfined, and limits are those of the cgroup', async () => {
  const podSandboxId = await cri.runPod('limits');
  const containerId = await cri.runShell(podSandboxId, 'c', 'sleep 1000', {
    linux: { resources: { memoryLimitInBytes: 64n << 20n, cpuQuota: 50_000n, cpuPeriod: 100_000n } },
  });
  const { status, info } = await cri.runtime.containerStatus({ containerId, verbose: true });
  const pid = JSON.parse(info['info'] ?? '{}').pid as number;
  assert.match(await readFile(`/proc/${pid}/status`, 'utf8'), /^Seccomp:\s+0$/m);
  assert.equal(status?.resources?.linux?.memoryLimitInBytes, 64n << 20n);
  await cri.runtime.updateContainerResources({ containerId, linux: { memoryLimitInBytes: 96n << 20n } });
  const changed = (await cri.runtime.containerStatus({ containerId })).status?.resources?.linux;
  assert.equal(changed?.memoryLimitInBytes, 96n << 20n);
  assert.equal(changed?.cpuQuota, 50_000n);
  const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8');
  const path = /^\d+:(?:\S*memory\S*|):(\S+)$/m.exec(cgroups)?.[1] ?? '';
  const read = async (file: string) => (await readFile(file, 'utf8').catch(() => '')).trim();
  const limits = [
    await read(join('/sys/fs/cgroup/memory', path, 'memory.limit_in_bytes')),
    await read(join('/sys/fs/cgroup', path, 'memory.max')),
  ];
  assert.ok(limits.includes(String(96 << 20)), limits.join());
  await cri.runtime.updatePodSandboxResources({ podSandboxId, resources: { cpuShares: 512n } });
  await cri.runtime.removePodSandbox({ podSandboxId });
});

test('a mount follows a symlink; what is not there, or contradicts itself, is refused by name', async () => {
  const podSandboxId = await cri.runPod('mounts');
  const target = join(cri.peapod.directory, 'target');
  const link = join(cri.peapod.directory, 'link');
  await writeFile(target, 'content\n');
  await symlink(target, link);
  const containerId = await cri.runShell(podSandboxId, 'c', 'cat /file', {
    mounts: [{ containerPath: '/file', hostPath: link, readonly: true }],
  });
  await until('its log', async () => ((await cri.logOf(containerId)) === 'content\n' ? true : undefined));
  const create = (mount: object) =>
    cri.runtime.createContainer({ podSandboxId, config: shellConfig('bad', 'true', { mounts: [mount] }) });
  await assert.rejects(create({ containerPath: '/x', hostPath: '/none/there' }), {
    code: 'Invalid',
    message: /^config\.mounts\[0\]\.host_path: .*ENOENT/,
  });
  await assert.rejects(create({ containerPath: '/x', hostPath: target, recursiveReadOnly: true }), {
    code: 'Invalid',
    message: /recursive_read_only/,
  });
  await assert.rejects(
    create({ containerPath: '/x', hostPath: target, propagation: 9 as MountPropagation }),
    { code: 'Invalid', message: /propagation/ },
  );
  await cri.runtime.removePodSandbox({ podSandboxId });
});

test('statistics and metrics are of the pods that run', async () => {
  const podSandboxId = await cri.runPod('stats');
  const containerId = await cri.runShell(podSandboxId, 'c', 'while :; do :; done');
  const first = (await cri.runtime.containerStats({ containerId })).stats;
  assert.equal(first?.attributes?.metadata?.name, 'c');
  await until('a rate', async () => {
    const { stats } = await cri.runtime.listContainerStats({ filter: { podSandboxId } });
    return (stats[0]?.cpu?.usageNanoCores?.value ?? 0n) > 1_000_000n ? true : undefined;
  });
  const [pod] = (await cri.runtime.listPodSandboxStats({ filter: { id: podSandboxId.slice(0, 9) } })).stats;
  assert.equal(pod?.linux?.containers.length, 1);
  assert.ok((pod?.linux?.memory?.workingSetBytes?.value ?? 0n) > 0n);
  assert.equal(pod?.linux?.network?.defaultInterface?.name, 'eth0');
  const { descriptors } = await cri.runtime.listMetricDescriptors({});
  const { podMetrics } = await cri.runtime.listPodSandboxMetrics({});
  const metrics = podMetrics.flatMap((one) => [
    ...one.metrics,
    ...one.containerMetrics.flatMap((container) => container.metrics),
  ]);
  assert.ok(metrics.length > 10);
  for (const { name, labelValues } of metrics) {
    const descriptor = descriptors.find((one) => one.name === name);
    assert.equal(descriptor?.labelKeys.length, labelValues.length, name);
  }
  const fs = await cri.images.imageFsInfo({});
  assert.ok((fs.imageFilesystems[0]?.usedBytes?.value ?? 0n) > 0n);
  await cri.runtime.removePodSandbox({ podSandboxId });
});

test('events tell of each step, with the states after it', async () => {
  const stop = new AbortController();
  const seen: [string, number, number][] = [];
  const reading = (async () => {
    for await (const event of cri.runtime.getContainerEvents({}, { signal: stop.signal }))
      seen.push([event.containerId, event.containerEventType, event.containersStatuses.length]);
  })();
  const podSandboxId = await cri.runPod('events');
  const containerId = await cri.runShell(podSandboxId, 'c', 'sleep 1000');
  const types = () => seen.filter(([id]) => id === containerId).map(([, type]) => type);
  await until('started', async () => (types().includes(1) ? true : undefined));
  await cri.runtime.stopContainer({ containerId });
  await until('stopped', async () => (types().includes(2) ? true : undefined));
  await cri.runtime.removePodSandbox({ podSandboxId });
  await until('deleted', async () => (types().includes(3) ? true : undefined));
  assert.deepEqual(types(), [0, 1, 2, 3]);
  stop.abort();
  await assert.rejects(reading, { name: 'AbortError' });
});

test('images are found by tag and id, with the user that they name', async () => {
  const { images } = await cri.images.listImages({});
  assert.equal(images.length, 1);
  const [image] = images;
  assert.deepEqual(image?.repoTags, [IMAGE]);
  assert.equal(image?.uid?.value, 33n);
  const byId = await cri.images.imageStatus({ image: { image: image?.id ?? '' }, verbose: true });
  assert.equal(byId.image?.id, image?.id);
  assert.equal(JSON.parse(byId.info['info'] ?? '{}').config.user, '33:77');
  assert.equal((await cri.images.imageStatus({ image: { image: 'localhost/none:x' } })).image, undefined);
  await assert.rejects(cri.images.pullImage({ image: { image: IMAGE, runtimeHandler: 'none' } }), {
    code: 'Invalid',
    message: /runtime_handler/,
  });
  await assert.rejects(cri.images.pullImage({ image: { image: 'UPPER CASE' } }), {
    code: 'InvalidImageName',
  });
});

test('a pod on the node\u2019s network and PID namespace is there', async () => {
  const namespaceOptions = { network: NamespaceMode.NODE, pid: NamespaceMode.NODE, ipc: NamespaceMode.NODE };
  const podSandboxId = await cri.runPod('node', { linux: { securityContext: { namespaceOptions } } });
  const { status } = await cri.runtime.podSandboxStatus({ podSandboxId });
  assert.equal(status?.network?.ip, '');
  assert.equal(status?.linux?.namespaces?.options?.pid, NamespaceMode.NODE);
  const containerId = await cri.runShell(podSandboxId, 'c', 'sleep 1000', {
    linux: { securityContext: { namespaceOptions } },
  });
  const { info } = await cri.runtime.containerStatus({ containerId, verbose: true });
  const pid = JSON.parse(info['info'] ?? '{}').pid as number;
  for (const name of ['net', 'pid', 'ipc'])
    assert.equal(await readlink(`/proc/${pid}/ns/${name}`), await readlink(`/proc/self/ns/${name}`), name);
  await cri.runtime.removePodSandbox({ podSandboxId });
});
