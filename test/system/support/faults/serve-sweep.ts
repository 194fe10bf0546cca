/** In a lab: a server that dies, or fails, at each step of a pod's start, restart and removal. Prints a line of JSON for each case. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../../../src/model/api/types.ts';
import { cgroupOf } from '../peapod.ts';
import { CaseBook } from './case-book.ts';
import { LabServer } from './lab-server.ts';
import { type OrderedOptions, type OrderedVerb, sweepInOrder } from './ordered-sweep.ts';
import { BUSYBOX, storeBusybox } from './store-busybox.ts';
import { connected, watch } from './witness.ts';
import { labRoot } from './remove-lab-cgroups.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as OrderedOptions;
const ROOT = labRoot(options.cgroupParent);
const server = new LabServer(ROOT);

function pod(name: string, command: string, more: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  const container = { name: 'c', image: BUSYBOX, imagePullPolicy: 'Never', command: ['sh', '-c', command] };
  const spec = { containers: [container], automountServiceAccountToken: false, ...more };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
}

const VICTIM = pod('victim', 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done', {
  volumes: [{ name: 'scratch', emptyDir: {} }],
  terminationGracePeriodSeconds: 2,
});

const isGone = async () => (await server.get('victim')) === undefined;
const run = async () => {
  await server.create(VICTIM);
  await server.until('the victim is ready', () => server.isReady('victim'));
};
const remove = async () => {
  await server.delete('victim', 1);
  await server.until('the victim is gone', isGone);
};

/** What is asked of a server is asked once: the rest is its own doing. */
function verb(
  name: string,
  begin: () => Promise<void>,
  isDone: () => Promise<boolean>,
  undo: () => Promise<void>,
  { isOnce = false } = {},
): OrderedVerb {
  let hasBegun = false;
  return {
    name,
    atomic: false,
    async attempt() {
      // A server that dies before it answers was asked nevertheless, and has it on disk, or is asked again.
      hasBegun = true;
      await begin().catch(() => {});
      await server.until(`${name} in spite of the fault`, isDone);
      return undefined;
    },
    async finish() {
      if (!(isOnce && hasBegun) && !(await isDone())) await begin().catch(() => {});
      hasBegun = true;
      await server.until(`${name} in the end`, isDone);
    },
    async undo() {
      hasBegun = false;
      await undo();
    },
  };
}

const VERBS: readonly OrderedVerb[] = [
  verb(
    'create',
    () => server.create(VICTIM),
    () => server.isReady('victim'),
    remove,
  ),
  verb(
    'restart of a container',
    async () => {
      const id = (await server.get('victim'))?.status?.containerStatuses?.[0]?.containerID ?? '';
      const run = join('/run/peapod/cluster/containers', id.replace(/.*\/\//, ''));
      process.kill(Number(readFileSync(join(run, 'init.pid'), 'utf8')), 'SIGKILL');
    },
    () => server.isReady('victim', 1),
    async () => {
      await remove();
      await run();
    },
    // A second death would be another restart.
    { isOnce: true },
  ),
  {
    ...verb('delete', () => server.delete('victim', 2), isGone, run),
    // The one that was restarted still has the container that died.
    async prepare() {
      await remove();
      await run();
    },
  },
];

await storeBusybox(ROOT);
await server.start();
await server.create(pod('witness', 'exec nc -l -p 7 -e /bin/cat'));
await server.until('the witness is ready', () => server.isReady('witness'));
const witness = await server.get('witness');
const connection = watch(await connected(witness?.status?.podIP ?? ''));
await run();
await remove();
const subject = {
  cgroupParent: cgroupOf(join(ROOT, 'cluster')),
  get isDead() {
    return server.isDead;
  },
  order: (text: string) => server.order(text),
  start: () => server.start(),
  async restart() {
    await server.end();
    await server.start();
  },
  async checkWitness() {
    connection.check();
    const { status } = (await server.get('witness')) ?? {};
    if ((status?.containerStatuses?.[0]?.restartCount ?? -1) !== 0)
      throw new Error('the witness was restarted');
  },
};
const book = new CaseBook(options, subject.cgroupParent);
await sweepInOrder(subject, VERBS, options, book);
await server.delete('witness', 0);
await server.end();
book.end();
process.exit(0);
