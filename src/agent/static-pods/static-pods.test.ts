import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { PodEvent } from '../../client/pod-client.ts';
import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { FakeClient } from '../testing/fake-client.ts';
import { readManifestFolder } from './read-manifest-folder.ts';
import { readStaticPod } from './static-pod.ts';
import type { StaticPodRecord } from './static-pod-records.ts';
import { StaticPods } from './static-pods.ts';
import { withStaticPods } from './with-static-pods.ts';

const MANIFEST = (image: string, more = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec:\n  containers: [{ name: c, image: '${image}' }]\n${more}`;
const PATH = '/etc/pods/web.yaml';
const one = () => readStaticPod(MANIFEST('a:1'), PATH, 'Node-1');
const two = () => readStaticPod(MANIFEST('a:2'), PATH, 'Node-1');

class Records {
  readonly kept = new Map<string, StaticPodRecord>();
  load = async (): Promise<StaticPodRecord[]> => [...this.kept.values()];
  save = async (record: StaticPodRecord): Promise<void> =>
    void this.kept.set(record.pod.metadata?.uid ?? '', record);
  remove = async (uid: string): Promise<void> => void this.kept.delete(uid);
}

function start(records = new Records()) {
  const told: string[] = [];
  const onEvent = ({ type, pod }: PodEvent): void => {
    const ends = pod.metadata?.deletionTimestamp === undefined ? '' : ' ending';
    told.push(`${type} ${pod.spec?.containers[0]?.image ?? ''}${ends}`);
  };
  const pods = new StaticPods({ records, clock: new FakeClock(), onEvent });
  const want = (pod: Pod | undefined, problem?: Error) =>
    pods.want({
      pods: new Map(pod === undefined ? [] : [[PATH, pod]]),
      problems: new Map(problem === undefined ? [] : [[PATH, problem]]),
    });
  return { pods, told, want, records };
}

test('the pod is named after its node, and its uid tells one content from another', () => {
  const { metadata, spec } = one();
  assert.deepEqual(
    [metadata?.name, metadata?.namespace, spec?.nodeName],
    ['web-node-1', 'default', 'Node-1'],
  );
  assert.equal(metadata?.uid, metadata?.annotations?.['kubernetes.io/config.hash']);
  assert.equal(one().metadata?.uid, metadata?.uid);
  assert.notEqual(two().metadata?.uid, metadata?.uid);
  assert.notEqual(readStaticPod(MANIFEST('a:1'), '/etc/pods/b', 'Node-1').metadata?.uid, metadata?.uid);
  assert.notEqual(readStaticPod(MANIFEST('a:1'), PATH, 'other').metadata?.uid, metadata?.uid);
  assert.deepEqual(spec?.tolerations, [{ operator: 'Exists', effect: 'NoExecute' }]);
});

test('a static pod may name nothing that only the API has', () => {
  const cases = {
    '  serviceAccountName: x': 'spec.serviceAccountName',
    '  volumes: [{ name: v, secret: { secretName: s } }]': 'spec.volumes[0].secret',
    '  volumes: [{ name: v, persistentVolumeClaim: { claimName: s } }]':
      'spec.volumes[0].persistentVolumeClaim',
    '  imagePullSecrets: [{ name: s }]': 'spec.imagePullSecrets',
  };
  for (const [more, field] of Object.entries(cases)) {
    assert.throws(
      () => readStaticPod(MANIFEST('a', more), PATH, 'n'),
      (error: Error) => error.message.includes(`${field}: Forbidden: static pods may not reference objects`),
      more,
    );
  }
  assert.throws(() => readStaticPod('', PATH, 'n'), { message: `${PATH}: must hold one Pod, has 0` });
});

test('a changed file ends its pod, and the next begins when nothing of it is left', async () => {
  const { pods, told, want, records } = start();
  await want(one());
  await want(two());
  assert.deepEqual(told, ['ADDED a:1', 'MODIFIED a:1 ending']);
  const [ending] = pods.list();
  assert.equal(ending?.metadata?.deletionGracePeriodSeconds, 30);
  await want(two());
  await pods.removed(one().metadata?.uid ?? '');
  assert.deepEqual(told.slice(2), ['DELETED a:1 ending', 'ADDED a:2']);
  assert.deepEqual([...records.kept.keys()], [two().metadata?.uid]);
});

test('a file that was changed and changed back begins anew', async () => {
  const { pods, told, want } = start();
  await want(one());
  await want(two());
  await want(one());
  await pods.removed(one().metadata?.uid ?? '');
  assert.deepEqual(told, ['ADDED a:1', 'MODIFIED a:1 ending', 'DELETED a:1 ending', 'ADDED a:1']);
});

test('what cannot be read any more leaves the pod as it is, also for the next agent', async () => {
  const { want, told, records } = start();
  await want(one());
  await want(undefined, new Error('broken'));
  const next = start(records);
  await next.pods.load();
  await next.want(undefined, new Error('broken'));
  assert.deepEqual([...told, ...next.told], ['ADDED a:1', 'ADDED a:1']);
  await next.want(undefined);
  assert.equal(next.told.at(-1), 'MODIFIED a:1 ending');
});

test('hidden files and folders are no manifests, and a folder that is not there holds none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peapod-manifests-'));
  try {
    await writeFile(join(folder, '.hidden'), MANIFEST('a'));
    await writeFile(join(folder, 'web'), MANIFEST('a'));
    await writeFile(join(folder, 'bad'), ']');
    const { pods, problems } = await readManifestFolder(folder, 'n');
    assert.deepEqual([...pods.keys()], [join(folder, 'web')]);
    assert.deepEqual([...problems.keys()], [join(folder, 'bad')]);
  } finally {
    await rm(folder, { recursive: true });
  }
  assert.equal((await readManifestFolder(folder, 'n')).pods.size, 0);
});

test('static pods are there without an API server, and are shown when there is one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peapod-manifests-'));
  const clock = new FakeClock();
  const api = new FakeClient(clock);
  const stop = new AbortController();
  let isDown = true;
  const refused = () => new PeapodError('Unavailable', 'connection refused');
  const client = withStaticPods({
    client: new Proxy(api, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const call = value.bind(target) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          if (isDown) throw refused();
          return call(...args);
        };
      },
    }),
    clock,
    log: () => {},
    nodeName: 'n',
    nodeUid: async () => 'node-uid',
    directory: folder,
    recordDirectory: join(folder, '.records'),
  });
  try {
    await writeFile(join(folder, 'web.yaml'), MANIFEST('a:1'));
    const events = client.watchPods({ signal: stop.signal })[Symbol.asyncIterator]();
    const first = (await events.next()).value as PodEvent;
    assert.deepEqual([first.type, first.pod.metadata?.name], ['ADDED', 'web-n']);
    await client.updatePodStatus(first.pod, { phase: 'Running' });
    isDown = false;
    await clock.advance(60_000);
    const [mirror] = api.pods.values();
    assert.equal(mirror?.metadata?.annotations?.['kubernetes.io/config.mirror'], first.pod.metadata?.uid);
    assert.equal(mirror?.status?.phase, 'Running');
    assert.deepEqual(
      (await client.listPods()).map(({ metadata }) => metadata?.uid),
      [first.pod.metadata?.uid],
    );
    stop.abort();
    await events.return?.();
  } finally {
    await rm(folder, { recursive: true });
  }
});
