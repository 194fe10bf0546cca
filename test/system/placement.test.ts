/** Pods that this machine has no room for, with the program as users run it. */
import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { after, before, test } from 'node:test';
import { startPeapod, type TestPeapod, until } from './support/peapod.ts';

const GIB = 2 ** 30;
/** More than half of this machine's memory. */
const MOST = `${Math.ceil((totalmem() / GIB) * 0.6 * 1024)}Mi`;

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod({ PEAPOD_NODE_LABELS: 'disk=ssd' });
  await peapod.load('busybox');
});
after(() => peapod[Symbol.asyncDispose]());

function pod(name: string, memory: string, spec: object = {}): object {
  const container = {
    name: 'main',
    image: 'localhost:5000/peapod/busybox:1',
    imagePullPolicy: 'Never',
    command: ['sleep', '1000'],
    resources: { requests: { memory } },
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { terminationGracePeriodSeconds: 0, containers: [container], ...spec },
  };
}

async function phases(): Promise<Record<string, string>> {
  const list = JSON.parse(await peapod.succeed(['ps', '-o', 'json'])) as {
    items: { metadata: { name: string }; status?: { phase?: string } }[];
  };
  return Object.fromEntries(list.items.map(({ metadata, status }) => [metadata.name, status?.phase ?? '']));
}

test('a pod that does not fit stays Pending, says what is short, and runs when there is room', async () => {
  const manifest = await peapod.manifest(pod('first', MOST), pod('second', MOST));
  const { code, stdout } = await peapod.call(['run', '--detach', '-f', manifest]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /second" stays Pending: 0\/1 nodes are available: 1 Insufficient memory\. Here: needs \S+ memory, \S+ free/,
  );
  assert.deepEqual(await phases(), { first: 'Running', second: 'Pending' });
  assert.match(await peapod.succeed(['describe', 'second']), /FailedScheduling .*Insufficient memory/);
  await peapod.succeed(['rm', '-f', 'first']);
  await until('the second pod runs', async () =>
    (await phases())['second'] === 'Running' ? true : undefined,
  );
  assert.match(
    await peapod.succeed(['describe', 'second']),
    /Scheduled .*Successfully assigned default\/second to /,
  );
  await peapod.succeed(['rm', '-f', 'second']);
});

test('a pod that waits can be stopped and removed', async () => {
  const manifest = await peapod.manifest(pod('huge', '100Ti'));
  await peapod.succeed(['run', '--detach', '-f', manifest]);
  await peapod.succeed(['stop', 'huge']);
  assert.deepEqual(await phases(), { huge: 'Failed' });
  await peapod.succeed(['rm', 'huge']);
  await peapod.succeed(['run', '--detach', '-f', manifest]);
  await peapod.succeed(['rm', '-f', 'huge']);
  assert.deepEqual(await phases(), {});
});

test('a node selector is heeded', async () => {
  const manifest = await peapod.manifest(
    pod('ssd', '1Mi', { nodeSelector: { disk: 'ssd' } }),
    pod('hdd', '1Mi', { nodeSelector: { disk: 'hdd' } }),
  );
  await peapod.succeed(['run', '--detach', '-f', manifest]);
  assert.deepEqual(await phases(), { hdd: 'Pending', ssd: 'Running' });
  await peapod.succeed(['rm', '-f', 'ssd', 'hdd']);
});

test('two processes never give the same room away', async () => {
  const manifests = await Promise.all(['left', 'right'].map((name) => peapod.manifest(pod(name, MOST))));
  await Promise.all(manifests.map((file) => peapod.succeed(['run', '--detach', '-f', file])));
  assert.deepEqual(Object.values(await phases()).sort(), ['Pending', 'Running']);
  await peapod.succeed(['rm', '-f', 'left', 'right']);
});
