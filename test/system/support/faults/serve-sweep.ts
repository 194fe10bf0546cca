/** In a lab: a server that dies, or fails, at each step of a pod's start, restart and removal. Prints a line of JSON for each case. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBusyboxRoot } from '../../../../src/runtime/container/testing/busybox-image.ts';
import { openImageStore } from '../../../../src/runtime/image/open-image-store.ts';
import type { Pod } from '../../../../src/model/api/types.ts';
import { cgroupOf } from '../peapod.ts';
import { LabServer } from './lab-server.ts';
import type { CaseResult, SweepOptions } from './sweep.ts';
import { accept, awaitState, type Expected, settled } from './trial.ts';
import { connected, watch } from './witness.ts';

type ServeSweepOptions = Pick<SweepOptions, 'verbs' | 'kinds' | 'codes' | 'part' | 'of' | 'only'>;

const options = JSON.parse(process.argv[2] ?? '{}') as ServeSweepOptions;
const ROOT = `/var/lib/peapod/lab-${process.ppid}-${Date.now()}`;
const RECORD = '/run/fault-steps';
const SETTLE_MS = 15_000;
const server = new LabServer(ROOT);
const lab = { cgroupParent: cgroupOf(join(ROOT, 'cluster')) };

function pod(name: string, command: string, more: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  const image = 'localhost/busybox:test';
  const container = { name: 'c', image, imagePullPolicy: 'Never', command: ['sh', '-c', command] };
  const spec = { containers: [container], automountServiceAccountToken: false, ...more };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
}

const VICTIM = pod('victim', 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done', {
  volumes: [{ name: 'scratch', emptyDir: {} }],
  terminationGracePeriodSeconds: 2,
});

interface ServerVerb {
  readonly name: string;
  /** Asks for it. */
  begin(): Promise<void>;
  isDone(): Promise<boolean>;
  /** From after it to before it. */
  undo(): Promise<void>;
}

const isGone = async () => (await server.get('victim')) === undefined;
const run = async () => {
  await server.create(VICTIM);
  await server.until('the victim is ready', () => server.isReady('victim'));
};
const remove = async () => {
  await server.delete('victim', 1);
  await server.until('the victim is gone', isGone);
};

const VERBS: readonly ServerVerb[] = [
  {
    name: 'create',
    begin: () => server.create(VICTIM),
    isDone: () => server.isReady('victim'),
    undo: remove,
  },
  {
    name: 'restart of a container',
    begin: async () => {
      const id = (await server.get('victim'))?.status?.containerStatuses?.[0]?.containerID ?? '';
      const run = join('/run/peapod/cluster/containers', id.replace(/.*\/\//, ''));
      process.kill(Number(readFileSync(join(run, 'init.pid'), 'utf8')), 'SIGKILL');
    },
    isDone: () => server.isReady('victim', 1),
    undo: async () => {
      await remove();
      await run();
    },
  },
  { name: 'delete', begin: () => server.delete('victim', 2), isDone: isGone, undo: run },
];

await makeImage();
await server.start();
await server.create(pod('witness', 'exec nc -l -p 7 -e /bin/cat'));
await server.until('the witness is ready', () => server.isReady('witness'));
const witness = await server.get('witness');
const connection = watch(await connected(witness?.status?.podIP ?? ''));
await run();
await remove();

let index = 0;
for (const verb of VERBS) {
  if (options.verbs.length === 0 || options.verbs.includes(verb.name)) await sweepVerb(verb);
  await verb.begin();
  await server.until(verb.name, () => verb.isDone());
}
await server.delete('witness', 0);
await server.end();
console.log(JSON.stringify({ done: true, cases: index }));
process.exit(0);

async function makeImage(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fault-image-'));
  writeBusyboxRoot(join(folder, 'root'));
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
  const images = await openImageStore({ images: join(ROOT, 'images') });
  await images.importRootfs(join(folder, 'root.tar'), {
    reference: 'localhost/busybox:test',
    config: { env: ['PATH=/bin'] },
  });
  rmSync(folder, { recursive: true });
}

async function sweepVerb(verb: ServerVerb): Promise<void> {
  const expected: Expected = { before: await settled(lab), after: [] };
  const steps = await record(verb);
  expected.after = await settled(lab);
  await verb.undo();
  const seen = new Map<string, number>();
  for (const step of steps) {
    const occurrence = (seen.get(step) ?? 0) + 1;
    seen.set(step, occurrence);
    for (const kind of options.kinds) {
      for (const code of kind === 'fail' ? options.codes : ['']) {
        index += 1;
        if (index % options.of !== options.part) continue;
        const fault = `${kind}@${step}#${occurrence}${code === '' ? '' : `:${code}`}`;
        if (options.only !== undefined && !fault.includes(options.only)) continue;
        const begun = Date.now();
        const problems = await tryCase(verb, fault, expected);
        if (problems.length > 0) accept(await settled(lab), expected);
        const result: CaseResult = { verb: verb.name, fault, problems, ms: Date.now() - begun };
        console.log(JSON.stringify(result));
      }
    }
  }
}

async function record(verb: ServerVerb): Promise<string[]> {
  rmSync(RECORD, { force: true });
  server.order(`record:${RECORD}`);
  await verb.begin();
  await server.until(verb.name, () => verb.isDone());
  server.order('');
  const steps = existsSync(RECORD) ? readFileSync(RECORD, 'utf8').split('\n') : [];
  // What the server does for itself comes at other times.
  return steps.filter((step) => step !== '' && !step.includes('server.json'));
}

async function tryCase(verb: ServerVerb, fault: string, expected: Expected): Promise<string[]> {
  const problems: string[] = [];
  const note = (when: string, found: readonly string[]) => {
    if (found.length > 0) problems.push(`${when}: ${found.slice(0, 12).join('; ')}`);
  };
  try {
    server.order(fault);
    // A server that dies before it answers was asked nevertheless, and has it on disk, or is asked again.
    const asked = await verb.begin().then(
      () => true,
      () => false,
    );
    await server.until(`${verb.name} in spite of the fault`, () => verb.isDone());
    server.order('');
    if (server.isDead) await server.start();
    if (!asked && !(await verb.isDone())) await verb.begin().catch(() => {});
    await server.until(`${verb.name} in the end`, () => verb.isDone());
    note('in the end', await awaitState(lab, [expected.after], SETTLE_MS));
    connection.check();
    await verb.undo();
    note('after it was undone', await awaitState(lab, [expected.before], SETTLE_MS));
    const { status } = (await server.get('witness')) ?? {};
    if ((status?.containerStatuses?.[0]?.restartCount ?? -1) !== 0)
      problems.push('the witness was restarted');
  } catch (error) {
    server.order('');
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (server.isDead) await server.start();
    await verb.undo().catch((again: unknown) => problems.push(`cannot be undone: ${String(again)}`));
    note('after it was undone', await awaitState(lab, [expected.before], SETTLE_MS));
  }
  connection.check();
  return problems;
}
