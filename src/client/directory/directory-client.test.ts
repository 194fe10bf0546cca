import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { Pod } from '../../model/api/types.ts';
import { DirectoryClient } from './directory-client.ts';

let folder: string;
let client: DirectoryClient;
const noLock = async (): Promise<AsyncDisposable> => ({ [Symbol.asyncDispose]: async () => {} });
const clock = { now: () => Date.UTC(2026, 0, 2, 3, 4, 5), sleep: async () => {} };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peapod-client-'));
  client = new DirectoryClient({
    root: join(folder, 'root'),
    run: join(folder, 'run'),
    secrets: join(folder, 'run/secrets'),
    clock,
    lock: noLock,
  });
});
afterEach(() => rm(folder, { recursive: true }));

function pod(name: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [] },
  };
}

test('a created pod has a uid and a creation time and can be read by its name', async () => {
  const created = await client.createPod(pod('a'));
  assert.match(created.metadata?.uid ?? '', /^[0-9a-f-]{36}$/);
  assert.equal(created.metadata?.creationTimestamp, '2026-01-02T03:04:05Z');
  assert.deepEqual(await client.getPod('default', 'a'), created);
});

test('a pod name is given once, also to several who want it at the same time', async () => {
  const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => client.createPod(pod('a'))));
  assert.equal(attempts.filter((attempt) => attempt.status === 'fulfilled').length, 1);
  const refused = attempts.find((attempt) => attempt.status === 'rejected');
  assert.equal((refused as PromiseRejectedResult).reason.message, 'pods "a" already exists');
});

test('a status belongs to one pod uid and comes with the pod', async () => {
  const first = await client.createPod(pod('a'));
  await client.updatePodStatus(first, { phase: 'Running' });
  assert.equal((await client.getPod('default', 'a')).status?.phase, 'Running');
  await client.removePod(first);
  await client.createPod(pod('a'));
  await client.updatePodStatus(first, { phase: 'Failed' });
  assert.equal((await client.getPod('default', 'a')).status, undefined);
});

test('deleting marks the pod, and a later call may only shorten the grace period', async () => {
  await client.createPod(pod('a'));
  await client.deletePod('default', 'a', { gracePeriodSeconds: 10 });
  await client.deletePod('default', 'a', { gracePeriodSeconds: 60 });
  const marked = await client.getPod('default', 'a');
  assert.equal(marked.metadata?.deletionGracePeriodSeconds, 10);
  assert.equal(marked.metadata?.deletionTimestamp, '2026-01-02T03:04:15Z');
  await assert.rejects(client.deletePod('default', 'b'), { code: 'NotFound', message: 'pods "b" not found' });
});

test('a watch tells of what is there, of changes of what is wanted and of the end, not of statuses', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const created = await client.createPod(pod('a'));
  const watching = (async () => {
    for await (const event of client.watchPods({ signal: stop.signal })) {
      seen.push(event.type);
      if (event.type === 'ADDED') {
        await client.updatePodStatus(created, { phase: 'Running' });
        await client.deletePod('default', 'a');
      }
      if (event.type === 'MODIFIED') await client.removePod(created);
      if (event.type === 'DELETED') stop.abort();
    }
  })();
  await watching;
  assert.deepEqual(seen, ['ADDED', 'MODIFIED', 'DELETED']);
});

test('secrets lie under the run directory, readable by their owner alone', async () => {
  await client.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'Yg==' } });
  assert.deepEqual((await client.getSecret('default', 's'))?.data, { a: 'Yg==' });
  const file = join(folder, 'run/secrets/default_s.json');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const rootFolders = await readdir(join(folder, 'root')).catch((): string[] => []);
  assert.ok(!rootFolders.includes('secrets'));
});

test('configmaps and secrets that no pod uses any more are collected', async () => {
  await client.apply({ kind: 'ConfigMap', metadata: { name: 'used' } });
  await client.apply({ kind: 'ConfigMap', metadata: { name: 'unused' } });
  await client.createPod(pod('a'));
  await client.collectUnused((_, kind, name) => kind === 'ConfigMap' && name === 'used');
  assert.ok(await client.getConfigMap('default', 'used'));
  assert.equal(await client.getConfigMap('default', 'unused'), undefined);
});

test('equal events are counted, not repeated', async () => {
  const created = await client.createPod(pod('a'));
  const event = { pod: created, type: 'Warning' as const, reason: 'BackOff', message: 'x', at: clock.now() };
  await client.recordEvents([event]);
  await client.recordEvents([event, { ...event, message: 'y' }]);
  const events = await client.listEvents({ involvedUid: created.metadata?.uid ?? '' });
  assert.deepEqual(
    events.map(({ message, count }) => [message, count]),
    [
      ['x', 2],
      ['y', 1],
    ],
  );
});

test('a damaged file is named, and a name that is no key never becomes a path', async () => {
  await client.createPod(pod('a'));
  const file = join(folder, 'root/objects/pods/default_a.json');
  await writeFile(file, '{');
  await assert.rejects(client.listPods(), {
    code: 'FailedPrecondition',
    message: `cannot read ${file}: it is damaged`,
  });
  await assert.rejects(client.getConfigMap('default', '../../etc'), { code: 'Invalid' });
});

test('what writers that died left is taken away, and nothing else', async () => {
  const [kept, gone] = [await client.createPod(pod('kept')), await client.createPod(pod('gone'))];
  for (const one of [kept, gone]) await client.updatePodStatus(one, { phase: 'Running' });
  await rm(join(folder, 'root/objects/pods/default_gone.json'));
  const dead = spawnSync('true').pid;
  await writeFile(join(folder, `root/objects/pods/.default_a.json.${dead}.1`), '{"half');
  await writeFile(join(folder, `root/objects/status/.${kept.metadata?.uid}.json.${process.pid}.7`), '{"ha');
  await client.collectLeftovers();
  assert.deepEqual(await readdir(join(folder, 'root/objects/pods')), ['default_kept.json']);
  assert.deepEqual((await readdir(join(folder, 'root/objects/status'))).toSorted(), [
    `.${kept.metadata?.uid}.json.${process.pid}.7`,
    `${kept.metadata?.uid}.json`,
  ]);
});

test('a damaged status counts as none; a damaged pod is named', async () => {
  const { metadata } = await client.createPod(pod('a'));
  await mkdir(join(folder, 'root/objects/status'), { recursive: true });
  await writeFile(join(folder, `root/objects/status/${metadata?.uid}.json`), '{"pha');
  assert.equal((await client.getPod('default', 'a')).status, undefined);
  await writeFile(join(folder, 'root/objects/pods/default_a.json'), '{"me');
  await assert.rejects(client.listPods(), /default_a\.json: it is damaged/);
});
