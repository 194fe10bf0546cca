/** Pods that the node has from files: with kubectl against a real server. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Pod } from '../../src/model/api/types.ts';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { imageReference } from './support/images.ts';
import { processes } from './support/kernel-view.ts';
import { until } from './support/peapod.ts';

let folder: string;
let cluster: TestCluster;
let node: string;
let name: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peapod-manifests-'));
  cluster = await startCluster({ args: ['--manifests', folder] });
  node = (await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  name = `web-${node}`;
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  await until('no pod is left', async () => ((await pods()).length === 0 ? true : undefined), 60_000);
  await cluster[Symbol.asyncDispose]();
});

/** Ends two seconds after it is told to, and says so. */
const MANIFEST = (word: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  terminationGracePeriodSeconds: 20
  volumes: [{ name: out, hostPath: { path: '${folder}' } }]
  containers:
    - name: c
      image: '${imageReference('busybox')}'
      imagePullPolicy: Never
      command: [sh, -c, 'trap "sleep 2; echo ended ${word} >> /out/.journal; exit 0" TERM; echo ${word}; echo began ${word} >> /out/.journal; while :; do sleep 0.2; done']
      volumeMounts: [{ name: out, mountPath: /out }]
`;

async function write(text: string): Promise<void> {
  await writeFile(join(folder, '.new'), text);
  await rename(join(folder, '.new'), join(folder, 'web.yaml'));
}

async function pods(): Promise<Pod[]> {
  return (JSON.parse(await cluster.kubectl('get', 'pods', '-A', '-o', 'json')) as { items: Pod[] }).items;
}

/** The mirror, once its container runs and says `word`. */
function running(word: string): Promise<Pod> {
  return until(
    `${word} runs`,
    async () => {
      const pod = (await pods()).find(({ metadata }) => metadata?.name === name);
      if (pod?.status?.containerStatuses?.[0]?.ready !== true) return undefined;
      return (await cluster.kubectl('logs', name)).startsWith(word) ? pod : undefined;
    },
    40_000,
  );
}

async function journal(): Promise<string[]> {
  return (await readFile(join(folder, '.journal'), 'utf8')).trim().split('\n');
}

const uidOf = ({ metadata }: Pod): string => metadata?.uid ?? '';
const containerOf = ({ status }: Pod): string => status?.containerStatuses?.[0]?.containerID ?? '';

test('a file in the folder runs, and a mirror pod shows it', async () => {
  await write(MANIFEST('one'));
  const { metadata, spec, status } = await running('one');
  const hash = metadata?.annotations?.['kubernetes.io/config.hash'];
  assert.match(hash ?? '', /^[0-9a-f]{32}$/);
  assert.equal(metadata?.annotations?.['kubernetes.io/config.mirror'], hash);
  assert.equal(metadata?.annotations?.['kubernetes.io/config.source'], 'file');
  assert.notEqual(metadata?.uid, hash);
  assert.deepEqual(metadata?.labels, { app: 'web' });
  assert.deepEqual(
    metadata?.ownerReferences?.map(({ kind, name: owner, controller }) => [kind, owner, controller]),
    [['Node', node, true]],
  );
  assert.deepEqual([spec?.nodeName, status?.phase], [node, 'Running']);
  assert.equal((await cluster.kubectl('exec', name, '--', 'echo', 'hello')).trim(), 'hello');
  const events = await cluster.kubectl('describe', 'pod', name);
  assert.match(events, /Started/);
});

test('peapod shows what runs, was written and happened under the uid that the node gave the pod', async () => {
  await running('one');
  const { peapod } = cluster;
  assert.match(await peapod.succeed(['tree', name]), /c─+sh\(/);
  assert.match(await peapod.succeed(['tree']), new RegExp(name));
  assert.match(await peapod.succeed(['logs', name]), /^one/);
  for (const reason of ['Pulled', 'Created', 'Started'])
    assert.match(await peapod.succeed(['describe', name]), new RegExp(`^ +Normal +${reason} `, 'm'));
  const [inspected] = JSON.parse(await peapod.succeed(['inspect', name])) as [
    { events: unknown[]; sandboxes: unknown[]; containers: unknown[] },
  ];
  assert.ok(inspected.events.length > 0);
  assert.deepEqual([inspected.sandboxes.length, inspected.containers.length], [1, 1]);
  const row = new RegExp(`^${name} +\\d+m +\\d+Mi`, 'm');
  await until('it is measured', async () =>
    row.test((await cluster.call(['top', 'pods'])).stdout) ? true : undefined,
  );
  assert.match(await peapod.succeed(['top', 'pods']), row);
});

test('a mirror takes no orders that its node would not heed', async () => {
  const before = await running('one');
  const { code, stderr } = await cluster.call(['debug', name, `--image=${imageReference('busybox')}`]);
  assert.equal(code, 1);
  assert.match(stderr, /is invalid: \[\]: Forbidden: static pods do not support ephemeral containers/);
  const resources = [{ name: 'c', resources: { requests: { cpu: '1m' } } }];
  const patch = JSON.stringify({ spec: { containers: resources } });
  const resized = await cluster.call(['patch', 'pod', name, '--subresource=resize', '-p', patch]);
  assert.match(resized.stderr, /static pods cannot be resized/);
  const stopped = await cluster.peapod.call(['stop', name]);
  assert.notEqual(stopped.code, 0);
  assert.match(stopped.stderr, new RegExp(`cannot stop static pod "${name}"`));
  await cluster.peapod.succeed(['stop', '--all']);
  assert.equal(containerOf(await running('one')), containerOf(before));
});

test('a mirror that somebody deletes comes back, and the container runs on', async () => {
  const before = await running('one');
  await cluster.kubectl('delete', 'pod', name, '--wait=false');
  const again = await until('another mirror', async () => {
    const pod = await running('one');
    return uidOf(pod) === uidOf(before) ? undefined : pod;
  });
  assert.equal(containerOf(again), containerOf(before));
  assert.deepEqual(await journal(), ['began one']);
});

test('a restart of the server changes nothing', async () => {
  const before = await running('one');
  await cluster.kill();
  await cluster.start();
  const later = await running('one');
  assert.deepEqual([uidOf(later), containerOf(later)], [uidOf(before), containerOf(before)]);
});

test('an edited file ends the pod with its grace period before the next begins', async () => {
  await write(MANIFEST('two'));
  await running('two');
  assert.deepEqual(await journal(), ['began one', 'ended one', 'began two']);
});

test('a file that cannot be used leaves the pod as it is', async () => {
  const before = await running('two');
  await write('apiVersion: v1\nkind: Pod\nmetadata: { name: web }\nspec: { containers: [] }\n');
  await until('it is told of', async () =>
    cluster.stderr().includes(`cannot use the manifest ${join(folder, 'web.yaml')}`) ? true : undefined,
  );
  assert.match(cluster.stderr(), /spec\.containers: Required value/);
  assert.equal(containerOf(await running('two')), containerOf(before));
  await write(MANIFEST('two').replace('spec:', 'spec:\n  serviceAccountName: default'));
  await until('it is told of', async () =>
    /spec\.serviceAccountName: Forbidden: static pods/.test(cluster.stderr()) ? true : undefined,
  );
  assert.equal(containerOf(await running('two')), containerOf(before));
});

test('a file that goes while no server runs ends the pod as it asked, when one does again', async () => {
  await cluster.kill();
  await rm(join(folder, 'web.yaml'));
  await cluster.start();
  await until('the mirror is gone', async () => ((await pods()).length === 0 ? true : undefined), 40_000);
  assert.deepEqual((await journal()).slice(2), ['began two', 'ended two']);
  const left = (await processes()).filter(({ commandLine }) => commandLine.includes('/out/.journal'));
  assert.deepEqual(left, []);
});
