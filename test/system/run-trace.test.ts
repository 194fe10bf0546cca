/** The trace of a pod's start, as `peapod run --trace` writes it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startPeapod, type TestPeapod } from './support/peapod.ts';

interface TraceEvent {
  ph: string;
  name: string;
  tid: number;
  ts: number;
  dur: number;
  args?: { name?: string };
}

let peapod: TestPeapod;
let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'run-trace-'));
  peapod = await startPeapod();
  await peapod.load('busybox');
});
after(async () => {
  await peapod[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function pod(name: string) {
  const container = {
    image: 'localhost:5000/peapod/busybox:1',
    imagePullPolicy: 'Never',
    command: ['sleep', '1000'],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        { name: 'one', ...container },
        { name: 'two', ...container },
      ],
    },
  };
}

test('a trace shows the steps of the sandbox and of each container in lanes of their own', async () => {
  const file = join(directory, 'trace.json');
  await peapod.succeed(['run', '--detach', '--trace', file, '-f', await peapod.manifest(pod('traced'))]);
  const { traceEvents } = JSON.parse(await readFile(file, 'utf8')) as { traceEvents: TraceEvent[] };
  const stepsIn = (lane: string): string[] => {
    const rows = traceEvents.filter(({ ph, args }) => ph === 'M' && args?.name === lane);
    return traceEvents
      .filter(({ ph, tid }) => ph === 'X' && rows.some((row) => row.tid === tid))
      .map(({ name }) => name);
  };
  const expected: Record<string, string[]> = {
    peapod: [
      'start of the process',
      'read manifests',
      'open runtime',
      'pull images',
      'apply objects',
      'place pod',
      'start pods',
      'hand over to the keeper',
    ],
    'sandbox traced': [
      'run pod sandbox',
      'start infra container',
      'make namespaces',
      'join network',
      'link to the bridge',
      'run nft',
    ],
    'container one': ['create container', 'mount rootfs', 'conmon and OCI create', 'start container'],
    'container two': ['create container', 'mount rootfs', 'conmon and OCI create', 'start container'],
  };
  for (const [lane, names] of Object.entries(expected)) {
    const steps = stepsIn(lane);
    for (const name of names) assert.ok(steps.includes(name), `${lane}: no "${name}" in ${steps.join(', ')}`);
  }
  const sandbox = traceEvents.find(({ name }) => name === 'run pod sandbox');
  const created = traceEvents.find(({ name }) => name === 'create container');
  assert.ok(sandbox && created && created.ts >= sandbox.ts + sandbox.dur);
});

test('a trace that cannot be written is refused before anything is made', async () => {
  const file = join(directory, 'nowhere', 'trace.json');
  const result = await peapod.call([
    'run',
    '-d',
    '--trace',
    file,
    '-f',
    await peapod.manifest(pod('refused')),
  ]);
  assert.notEqual(result.code, 0);
  assert.match(result.stderr, /cannot write trace ".*nowhere\/trace\.json": ENOENT/);
  assert.doesNotMatch(await peapod.succeed(['ps', '-o', 'name']), /refused/);
});
