/** `peapod simulate` and `peapod why`, with the program as users run it; the first by somebody who is not root. */
import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { type Result, startPeapod, type TestPeapod } from './support/peapod.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/rsyslogd');
const NODES = join(EXAMPLE, 'nodes.yaml');
const PLAIN = join(EXAMPLE, 'nodes-plain.yaml');
const POD = join(EXAMPLE, 'pod.yaml');
const PACKED = ['--config', join(EXAMPLE, 'most-allocated.yaml')];
const BY_CONTAINER = ['--strategy', 'container'];
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

let peapod: TestPeapod;
before(async () => {
  peapod = await startPeapod();
  await chmod(peapod.directory, 0o755);
});
after(() => peapod[Symbol.asyncDispose]());

function call(...args: string[]): Promise<Result> {
  return peapod.call(['simulate', ...args], { wrapper: AS_NOBODY });
}

async function simulate(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await call(...args);
  assert.equal(code, 0, stderr);
  return stdout;
}

interface Placements {
  pods: { pod: string; node?: string; status: string; reason: string }[];
  explanations?: { pod: string; changes: { text: string; node: string }[]; nodes: object[] }[];
  fits?: { pod: string; copies: number; summary: string }[];
}

async function places(...args: string[]): Promise<Record<string, string | undefined>> {
  const { pods } = JSON.parse(await simulate(...args, '-o', 'json')) as Placements;
  return Object.fromEntries(pods.map(({ pod, node }) => [pod.replace('default/', ''), node]));
}

const STUCK = { 'rsyslogd/main': 'node-2', 'rsyslogd/imklog': 'node-2', 'rsyslogd/imuxsock': undefined };

test('the example goes to node-1 as a pod, and gets stuck on node-2 container by container', async () => {
  assert.deepEqual(await places('-f', POD, '--nodes', NODES), { rsyslogd: 'node-1' });
  assert.deepEqual(await places('-f', POD, '--nodes', NODES, ...BY_CONTAINER), STUCK);
});

test('so it does on two empty nodes when nodes are packed, whatever lots are drawn', async () => {
  for (const seed of ['1', '2', '3']) {
    const plain = ['-f', POD, '--nodes', PLAIN, ...PACKED, '--seed', seed];
    assert.deepEqual(await places(...plain), { rsyslogd: 'node-1' });
    assert.deepEqual(await places(...plain, ...BY_CONTAINER), STUCK);
  }
});

test('three affine pods of a gang are placed where one by one they would get stuck', async () => {
  const gang = await places('-f', join(EXAMPLE, 'gang.yaml'), '--nodes', NODES);
  assert.deepEqual(gang, { main: 'node-1', imklog: 'node-1', imuxsock: 'node-1' });
});

test('the table tells where each pod goes, and with numbers why one does not', async () => {
  const table = await simulate('-f', POD, '--nodes', NODES, ...BY_CONTAINER);
  assert.match(table, /^POD +NODE +STATUS +REASON\n/);
  assert.match(table, /^rsyslogd\/main +node-2 +Placed +the best of 2 nodes that fit/m);
  assert.match(
    table,
    /^rsyslogd\/imuxsock +<none> +Pending +0\/2 nodes are available: 1 Insufficient memory, 1 node\(s\) didn't match pod affinity rules\..* needs 1Gi memory, 512Mi free/m,
  );
  const { code } = await call('-f', POD, '--nodes', NODES, ...BY_CONTAINER, '--exit-code');
  assert.equal(code, 1);
});

test('JSON and YAML say the same', async () => {
  const args = ['-f', POD, '--nodes', NODES, ...BY_CONTAINER, '--why', 'rsyslogd/imuxsock', '--fit'];
  const json: unknown = JSON.parse(await simulate(...args, '-o', 'json'));
  assert.deepEqual(parse(await simulate(...args, '-o', 'yaml')), json);
});

test('every change that is said to help helps when it is made', async () => {
  const base = ['-f', POD, '--nodes', NODES, '--drain', 'node-1'];
  const text = await simulate(...base, '--why', 'rsyslogd', '-o', 'json');
  const { explanations = [] } = JSON.parse(text) as Placements;
  const changes = explanations[0]?.changes.map((change) => change.text) ?? [];
  assert.ok(changes.includes('give node-2 512Mi more memory'), changes.join());
  const enlarged = await places(...base, '--what-if', 'node/node-2.status.allocatable.memory=3Gi');
  assert.equal(enlarged['rsyslogd'], 'node-2');
  const almost = await places(...base, '--what-if', 'node/node-2.status.allocatable.memory=3071Mi');
  assert.equal(almost['rsyslogd'], undefined);
  const added = await places(...base, '--add-nodes', '1');
  assert.equal(added['rsyslogd'], 'added-1');
  const readable = await simulate(...base, '--why', 'rsyslogd');
  assert.match(readable, /Pod default\/rsyslogd stays Pending\n.*0\/2 nodes are available/);
  assert.match(readable, /✗ node-2 {2}NodeResourcesFit: needs 3Gi memory, 2.5Gi free of 2.5Gi/);
});

test('--fit counts the copies that fit, and tells the limit', async () => {
  const text = await simulate('-f', POD, '--nodes', PLAIN, '--add-nodes', '3', '--fit', '-o', 'json');
  const { fits } = JSON.parse(text) as Placements;
  assert.deepEqual(
    fits?.map(({ pod, copies, summary }) => [pod, copies, summary]),
    [['default/rsyslogd', 3, '0/5 nodes are available: 5 Insufficient memory.']],
  );
});

test('what kubectl printed of a cluster is read, with what we do not know in it', async () => {
  const dump = {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n', creationTimestamp: null, new: true },
        status: { allocatable: { cpu: '4', memory: '4Gi', pods: '10' }, fromTheFuture: {} },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'there', namespace: 'other' },
        spec: { nodeName: 'n', containers: [{ name: 'c', resources: { requests: { memory: '1Gi' } } }] },
      },
    ],
  };
  const file = join(peapod.directory, 'dump.json');
  await writeFile(file, JSON.stringify(dump));
  assert.deepEqual(await places('-f', POD, '--cluster', file), { rsyslogd: 'n' });
});

test('pictures: SVG, PNG, and bars on the terminal', async () => {
  const args = ['-f', POD, '--nodes', NODES, ...BY_CONTAINER];
  const svg = await simulate(...args, '-o', 'svg');
  assert.ok(svg.startsWith('<svg ') && svg.includes('rsyslogd/main') && svg.includes('Pending'));
  const png = await simulate(...args, '-o', 'png');
  assert.ok(png.includes('PNG') && png.length > 10_000);
  const bars = await simulate(...args, '-o', 'picture');
  assert.match(bars, /^node-1 {2}▕\[░+database░+\]·+▏ {2}13Gi\/16Gi/m);
  assert.match(bars, /^ {2}rsyslogd\/imuxsock 1Gi/m);
});

test('what is wrong is told with file and field', async () => {
  const file = join(peapod.directory, 'bad.yaml');
  const cases: [string, RegExp][] = [
    [
      'apiVersion: v1\nkind: Node\nmetadata: { name: n }\nstatus: { allocatable: { cpu: "-1" } }',
      /bad\.yaml:1:1: .*status\.allocatable\[cpu\]/,
    ],
    [
      'apiVersion: v1\nkind: Pod\nmetadata: { name: p }\nspec: { containerz: [] }',
      /bad\.yaml:4:\d+: unknown field "spec\.containerz"/,
    ],
    ['{', /bad\.yaml:\d+:\d+: malformed YAML/],
  ];
  for (const [text, message] of cases) {
    await writeFile(file, text);
    const { code, stderr } = await call('-f', file);
    assert.equal(code, 125);
    assert.match(stderr, message);
  }
  for (const args of [
    [],
    ['-f', 'none.yaml'],
    ['-f', POD, '-o', 'gif'],
    ['-f', POD, '--strategy', 'task'],
    ['-f', POD, '--why', 'x'],
  ])
    assert.equal((await call(...args)).code, 125, args.join(' '));
});

test('why tells what a pod of this machine lacks', async () => {
  const gib = Math.ceil(totalmem() / 2 ** 30) + 10;
  const large = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'large' },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'localhost:5000/peapod/busybox:1',
          imagePullPolicy: 'Never',
          resources: { requests: { memory: `${gib}Gi` } },
        },
      ],
    },
  };
  await peapod.load('busybox');
  await peapod.succeed(['run', '--detach', '-f', await peapod.manifest(large)]);
  const text = await peapod.succeed(['why', 'large']);
  assert.match(
    text,
    /^Pod default\/large stays Pending\n {2}0\/1 nodes are available: 1 Insufficient memory\./,
  );
  assert.match(text, new RegExp(`needs ${gib}Gi memory, .* free of`));
  assert.match(text, /- ask for .* memory instead of/);
  const { code, stderr } = await peapod.call(['why', 'nobody']);
  assert.deepEqual([code, /not found/.test(stderr)], [125, true]);
  await peapod.succeed(['rm', '--force', 'large']);
});
