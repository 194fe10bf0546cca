/** What a node does by itself for the pods that it has: with kubectl against a real server. */
import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Pod } from '../../src/model/api/types.ts';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { imageReference } from './support/images.ts';
import { cgroupValue, MEMORY_LIMIT, processes } from './support/kernel-view.ts';
import { until } from './support/peapod.ts';

let cluster: TestCluster;
before(async () => {
  cluster = await startCluster();
  const config = join(cluster.peapod.directory, 'config.yaml');
  await writeFile(config, 'agent: { containerLogMaxSize: 100Ki, containerLogMaxFiles: 3 }\n');
  await cluster.stop();
  await cluster.start('--config', config);
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const POD = (name: string, script: string, more = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 20
  containers:
    - name: c
      image: '${imageReference('busybox')}'
      imagePullPolicy: Never
      command: [sh, -c, '${script}']
      ${more}
`;

async function pod(name: string): Promise<Pod> {
  return JSON.parse(await cluster.kubectl('get', 'pod', name, '-o', 'json')) as Pod;
}

async function run(name: string, script: string, more = ''): Promise<Pod> {
  await cluster.apply(POD(name, script, more));
  await cluster.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=40s');
  return pod(name);
}

async function processOf(text: string): Promise<number> {
  const found = (await processes()).find(({ commandLine }) => commandLine === text);
  assert.ok(found, text);
  return found.pid;
}

test('a pod is resized while it runs', async () => {
  const before = await run('sized', 'exec sleep 4711', 'resources: { limits: { memory: 64Mi } }');
  const pid = await processOf('sleep 4711');
  assert.equal(await cgroupValue(pid, MEMORY_LIMIT), String(64 * 1024 ** 2));
  const resources = { requests: { memory: '96Mi' }, limits: { memory: '96Mi' } };
  const patch = JSON.stringify({ spec: { containers: [{ name: 'c', resources }] } });
  await cluster.kubectl('patch', 'pod', 'sized', '--subresource', 'resize', '-p', patch);
  await until('the kernel has the new limit', async () =>
    (await cgroupValue(pid, MEMORY_LIMIT)) === String(96 * 1024 ** 2) ? true : undefined,
  );
  const after = await until('the status says so', async () => {
    const found = await pod('sized');
    const limit = found.status?.containerStatuses?.[0]?.resources?.limits?.['memory'];
    return limit === '96Mi' ? found : undefined;
  });
  assert.equal(
    after.status?.containerStatuses?.[0]?.containerID,
    before.status?.containerStatuses?.[0]?.containerID,
  );
});

test('of a container that ends again and again the last two instances are kept', async () => {
  await cluster.apply(POD('dying', 'exit 3'));
  const uid = (await pod('dying')).metadata?.uid ?? '';
  await until(
    'the third instance has come',
    async () => {
      const { status } = await pod('dying');
      return (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2 ? true : undefined;
    },
    60_000,
  );
  const logs = join(cluster.peapod.root, 'cluster', 'logs', `default_dying_${uid}`, 'c');
  await until('the first one is gone, with its log', async () => {
    const kept = (await readdir(logs)).toSorted();
    return kept.join(' ') === '1.log 2.log' ? true : undefined;
  });
  await cluster.kubectl('delete', 'pod', 'dying', '--timeout=30s');
});

test('a log is rotated, compressed and bounded while somebody follows it', async () => {
  const lines = 40_000;
  const script = `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo line $i of many; [ $((i % 500)) -ne 0 ] || sleep 0.4; done; sleep 3000`;
  const { metadata } = await run('wordy', script);
  const following = cluster.call(['logs', '-f', 'wordy', '--pod-running-timeout=50s']);
  const folder = join(cluster.peapod.root, 'cluster', 'logs', `default_wordy_${metadata?.uid}`, 'c');
  await until(
    'the log is rotated twice',
    async () => {
      const files = await readdir(folder);
      assert.ok(files.filter((name) => !name.endsWith('.tmp')).length <= 3, files.join(' '));
      return files.some((name) => name.endsWith('.gz')) ? true : undefined;
    },
    50_000,
  );
  await cluster.kubectl('delete', 'pod', 'wordy', '--grace-period=1', '--timeout=30s');
  const { stdout } = await following;
  const numbers = stdout.split('\n').flatMap((line) => /^line (\d+) of many$/.exec(line)?.[1] ?? []);
  assert.ok(numbers.length > 5000, `${numbers.length} lines`);
  assert.deepEqual(
    numbers.map(Number),
    numbers.map((_, index) => index + 1),
  );
});

test('a deleted pod gets its grace period, and a later deletion may only shorten it', async () => {
  await run('stubborn', 'trap : TERM; while :; do sleep 0.3; done');
  const begin = Date.now();
  await cluster.kubectl('delete', 'pod', 'stubborn', '--wait=false');
  await until('it is ending', async () =>
    (await pod('stubborn')).metadata?.deletionTimestamp === undefined ? undefined : true,
  );
  assert.equal((await pod('stubborn')).status?.phase, 'Running');
  await cluster.kubectl('delete', 'pod', 'stubborn', '--grace-period=3', '--timeout=30s');
  const tookMs = Date.now() - begin;
  assert.ok(tookMs > 2000 && tookMs < 18_000, `${tookMs} ms`);
});

test('the node renews its lease', async () => {
  const read = () =>
    cluster.kubectl('get', 'leases', '-n', 'kube-node-lease', '-o', 'jsonpath={.items[0].spec.renewTime}');
  const first = await read();
  await until('it is renewed', async () => ((await read()) === first ? undefined : true), 30_000);
});
