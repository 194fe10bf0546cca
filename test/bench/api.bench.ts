/**
 * The API server beside the closest thing that Debian has, etcd driven directly: the same objects, from the same client, in turn,
 * in one run, on one disk. Ours checks, defaults, admits, authorises and answers with the object; etcd keeps bytes. Prints medians
 * and their ratios, and writes them, with a picture, beside the documentation.
 *
 *     npm run bench:api [-- PODS OBJECTS]
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execFileSync } from 'node:child_process';
import { startPeapod } from '../system/support/peapod.ts';
import { startEtcd, type Stored } from './api/etcd-subject.ts';
import {
  connectAll,
  type Creates,
  FanOut,
  measureCreates,
  measureGetMs,
  measureListMs,
  median,
  memoryOf,
} from './api/measure.ts';
import { startPeapodServer, storedBy } from './api/peapod-subject.ts';
import { type Figure, printFigures, writeFigures } from './report.ts';
import type { Client, Subject } from './api/subject.ts';

/** Fewer tell nothing that is worth writing down. */
const PODS_TO_RECORD = 10_000;
const OBJECTS_TO_RECORD = 100_000;
const PODS = Number(process.argv[2] ?? PODS_TO_RECORD);
const OBJECTS = Number(process.argv[3] ?? OBJECTS_TO_RECORD);
const FEW = 1000;
const ROUNDS = 10;
const CLIENTS = 50;
const WATCHERS = 1000;
const SETTLE_MS = 5000;

const REPOSITORY = join(import.meta.dirname, '../..');
const figures: Figure[] = [];

function note(
  what: string,
  unit: string,
  ours: readonly number[],
  theirs: readonly number[],
  better: Figure['better'],
): void {
  const figure = { what, unit, peapod: median(ours), peer: median(theirs), better };
  figures.push(figure);
  printFigures([figure]);
}

/** The program as it is installed. */
execFileSync(process.execPath, ['tools/build.ts'], { cwd: REPOSITORY });
await using peapod = await startPeapod({ PEAPOD_GUARD_SHARED_OBJECTS: '0' });
const etcdDirectory = join(peapod.directory, 'peer');
const serverDirectory = join(peapod.root, 'cluster');
let stored: Stored = () => Buffer.alloc(0);
const startOurs = () => startPeapodServer(peapod.directory, peapod.env);
const startTheirs = async () => {
  await mkdir(etcdDirectory, { recursive: true, mode: 0o700 });
  return startEtcd(etcdDirectory, (...object) => stored(...object));
};

await measureStarts();
await measureFirstPods();
await using ours = await startOurs();
await using theirs = await startTheirs();
stored = await storedBy(ours, peapod.directory);
await delay(SETTLE_MS);
noteMemory('idle');
{
  const [ourClients, theirClients] = [await connectAll(ours, CLIENTS), await connectAll(theirs, CLIENTS)];
  try {
    await measurePods(ourClients, theirClients, 'of one template', 0);
    await delay(SETTLE_MS);
    noteMemory(`with ${PODS} pods`);
    await measureLists(ourClients, theirClients);
    await measureFanOut(ourClients, theirClients);
    await measureObjects(ourClients, theirClients);
    await delay(SETTLE_MS);
    noteMemory(`with ${PODS} pods and ${OBJECTS} configmaps`);
    const others = `that all differ, beside ${PODS + OBJECTS} objects`;
    await measurePods(ourClients, theirClients, others, 2 * PODS);
  } finally {
    for (const client of [...ourClients, ...theirClients]) client[Symbol.dispose]();
  }
}
if (PODS >= PODS_TO_RECORD && OBJECTS >= OBJECTS_TO_RECORD)
  await writeFigures(join(REPOSITORY, 'docs/performance'), { name: 'api', peer: 'etcd', figures });

/** From nothing: keys, certificates and the database are made too. */
async function measureStarts(): Promise<void> {
  const times: { ours: number[]; theirs: number[]; oursAgain: number[]; theirsAgain: number[] } = {
    ours: [],
    theirs: [],
    oursAgain: [],
    theirsAgain: [],
  };
  const once = async (start: () => Promise<Subject>, to: number[]) => {
    await using subject = await start();
    to.push(subject.startMs);
  };
  for (let run = 0; run <= ROUNDS; run += 1) {
    await emptyDirectories();
    await once(startOurs, times.ours);
    await once(startTheirs, times.theirs);
    await once(startOurs, times.oursAgain);
    await once(startTheirs, times.theirsAgain);
    // The first ones warm caches.
    if (run === 0) for (const list of Object.values(times)) list.length = 0;
  }
  note('first start to first answer', 'ms', times.ours, times.theirs, 'less');
  note('later start to first answer', 'ms', times.oursAgain, times.theirsAgain, 'less');
}

/** With servers of their own: they are to find an almost empty database, and so are the next ones. */
async function measureFirstPods(): Promise<void> {
  await emptyDirectories();
  {
    await using mine = await startOurs();
    await using other = await startTheirs();
    stored = await storedBy(mine, peapod.directory);
    await delay(SETTLE_MS);
    const [ourClients, theirClients] = [await connectAll(mine, CLIENTS), await connectAll(other, CLIENTS)];
    try {
      await measurePods(ourClients, theirClients, 'that all differ', 0);
    } finally {
      for (const client of [...ourClients, ...theirClients]) client[Symbol.dispose]();
    }
  }
  await emptyDirectories();
}

async function emptyDirectories(): Promise<void> {
  await rm(serverDirectory, { recursive: true, force: true });
  await rm(etcdDirectory, { recursive: true, force: true });
}

function noteMemory(when: string): void {
  const [mine, other] = [memoryOf(ours.pid), memoryOf(theirs.pid)];
  note(`resident, ${when}`, 'MB', [mine.rssMb], [other.rssMb], 'less');
  note(`proportional, ${when}`, 'MB', [mine.pssMb], [other.pssMb], 'less');
}

async function measurePods(
  ourClients: readonly Client[],
  theirClients: readonly Client[],
  pods: string,
  from: number,
): Promise<void> {
  const kind = pods === 'of one template' ? pods : 'that all differ';
  const [mine, other]: [Creates[], Creates[]] = [[], []];
  // The first round warms both: what is measured is how they go on.
  const count = Math.ceil(PODS / (ROUNDS + 1));
  for (let round = 0; round <= ROUNDS; round += 1) {
    mine.push(await measureCreates(ourClients, 'pods', from + round * count, count, kind));
    other.push(await measureCreates(theirClients, 'pods', from + round * count, count, kind));
  }
  mine.shift();
  other.shift();
  const noted = (what: string, unit: string, field: keyof Creates, better: Figure['better']) => {
    const pick = (creates: Creates[]) => creates.map((one) => one[field]);
    note(`${CLIENTS} clients create pods ${pods}: ${what}`, unit, pick(mine), pick(other), better);
  };
  noted('durable writes', '/s', 'perSecond', 'more');
  noted('p50', 'ms', 'p50Ms', 'less');
  noted('p99', 'ms', 'p99Ms', 'less');
}

async function measureLists([mine]: readonly Client[], [other]: readonly Client[]): Promise<void> {
  if (mine === undefined || other === undefined) return;
  const [a, b]: [number[], number[]] = [[], []];
  for (let run = 0; run < ROUNDS; run += 1) {
    a.push(await measureListMs(mine, 'pods', PODS));
    b.push(await measureListMs(other, 'pods', PODS));
  }
  note(`list ${PODS} pods`, 'ms', a, b, 'less');
}

async function measureFanOut([mine]: readonly Client[], [other]: readonly Client[]): Promise<void> {
  if (mine === undefined || other === undefined) return;
  using ourFanOut = await FanOut.open(ours, 'configmaps', WATCHERS);
  using theirFanOut = await FanOut.open(theirs, 'configmaps', WATCHERS);
  const [a, b]: [number[], number[]] = [[], []];
  for (let run = 0; run < ROUNDS; run += 1) {
    a.push(await ourFanOut.measureMs(mine, 'configmaps', `fan-out-${run}`));
    b.push(await theirFanOut.measureMs(other, 'configmaps', `fan-out-${run}`));
  }
  note(`an event to the last of ${WATCHERS} watchers`, 'ms', a, b, 'less');
}

async function measureObjects(ourClients: readonly Client[], theirClients: readonly Client[]): Promise<void> {
  const [mine] = ourClients;
  const [other] = theirClients;
  if (mine === undefined || other === undefined) return;
  let present = 0;
  for (const count of [FEW, OBJECTS]) {
    const a = await measureCreates(ourClients, 'configmaps', present, count - present);
    const b = await measureCreates(theirClients, 'configmaps', present, count - present);
    note(`create up to ${count} configmaps`, '/s', [a.perSecond], [b.perSecond], 'more');
    present = count;
    const [c, d] = [[], []] as [number[], number[]];
    for (let run = 0; run < ROUNDS; run += 1) {
      c.push(await measureGetMs(mine, 'configmaps', count));
      d.push(await measureGetMs(other, 'configmaps', count));
    }
    note(`get one of ${count} configmaps`, 'ms', c, d, 'less');
  }
}
