/**
 * In a lab: random sequences of what may happen to a pod on a server, against a simple model of its life. Prints a line of JSON for each
 * sequence, and the shortest that fails.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as fc from 'fast-check';
import { cgroupOf } from '../peapod.ts';
import { LabServer } from './lab-server.ts';
import { labRoot } from './remove-lab-cgroups.ts';
import {
  awaitGone,
  awaitWhole,
  commands,
  createPod,
  insist,
  type Model,
  NAMES,
  processesOf,
  type Real,
  VICTIM,
} from './model-commands.ts';
import { storeBusybox, BUSYBOX } from './store-busybox.ts';
import { awaitState, settled } from './trial.ts';
import { connected, watch } from './witness.ts';

export interface ModelOptions {
  runs: number;
  seed: number;
  /** No sequence is begun after that. */
  limitMs: number;
  /** Where a failure is repeated from, as the report of it says. */
  path: string;
  /** The lab's own. */
  cgroupParent: string;
}

export interface ModelReport {
  done: true;
  sequences: number;
  /** Of what failed; empty: nothing. */
  report: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ModelOptions;
const ROOT = labRoot(options.cgroupParent);
const CLOCK = '/run/clock';
const SETTLE_MS = 20_000;
/** Longer than any back-off. */
const LONG_MS = 660_000;
const JUMP_EVERY_MS = 3000;
/** No certificate is to run out. */
const MOST_MS = 200 * 86_400_000;

const jumping = `--import=${join(import.meta.dirname, 'jumping-clock.ts')}`;
const server = new LabServer(ROOT, { PEAPOD_TEST_CLOCK: CLOCK, NODE_OPTIONS: jumping });
let offset = 0;
const lab = { cgroupParent: cgroupOf(join(ROOT, 'cluster')) };

await storeBusybox(ROOT);
await server.start();
await server.create({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'witness' },
  spec: {
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'c',
        image: BUSYBOX,
        imagePullPolicy: 'Never',
        command: ['sh', '-c', 'exec nc -l -p 7 -e /bin/cat'],
      },
    ],
  },
});
await server.until('the witness is ready', () => server.isReady('witness'));
const connection = watch(await connected((await server.get('witness'))?.status?.podIP ?? ''));
const real: Real = {
  server,
  env: { PEAPOD_ROOT: ROOT },
  pods: 0,
  jump(ms) {
    offset = Math.min(offset + ms, MOST_MS);
    writeFileSync(CLOCK, String(offset));
  },
  async checkWitness() {
    connection.check();
    const [container] = (await server.get('witness'))?.status?.containerStatuses ?? [];
    if (container?.restartCount !== 0)
      throw new Error(`the witness was restarted: ${JSON.stringify(container)}`);
  },
};
// What is made once and stays is there from the first pod on.
const first = newModel();
await createPod(first, real);
await finish(first);
const clean = await settled(lab);

let sequences = 0;
/** The shortest sequence that failed, and how. */
let shortest = '';
const result = await fc.check(
  fc.asyncProperty(commands, async (sequence) => {
    const model = newModel();
    const begun = Date.now();
    try {
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      await finish(model);
      const left = await awaitState(lab, [clean], SETTLE_MS);
      if (left.length > 0) throw new Error(`left: ${left.slice(0, 12).join('; ')}`);
    } catch (error) {
      const failure = `${fc.stringify(sequence)}\n${String(error)}\n${server.said.slice(-1500)}`;
      // The time may be over before it is cut down.
      if (shortest === '' || failure.indexOf('\n') < shortest.indexOf('\n')) shortest = failure;
      console.log(JSON.stringify({ failure }));
      await startOver(model);
      throw error;
    }
    sequences += 1;
    console.log(JSON.stringify({ sequence: fc.stringify(sequence), ms: Date.now() - begun }));
  }),
  {
    numRuns: options.runs,
    seed: options.seed,
    interruptAfterTimeLimit: options.limitMs,
    ...(options.path === '' ? {} : { path: options.path }),
  },
);
const how = shortest === '' ? '' : `${shortest}\n${fc.defaultReportMessage(result) ?? ''}`;
const told: ModelReport = { done: true, sequences, report: how };
console.log(JSON.stringify(told));
process.exit(0);

function newModel(): Model {
  return { wanted: 'nothing', undisturbed: new Map(), restarts: new Map() };
}

/** What is wanted comes, and goes when it is no longer. */
async function finish(model: Model): Promise<void> {
  server.order('');
  if (server.isDead) await server.start();
  if (model.wanted === 'running') {
    await withoutBackOff(awaitWhole(model, real));
    await insist(real, () => server.delete(VICTIM, 1));
    model.wanted = 'deleted';
  }
  if (model.wanted === 'deleted') await awaitGone(model, real);
  // Without any grace it is gone from the API first.
  const runningNow = () => NAMES.flatMap((name) => processesOf(real.pods, name));
  for (const end = Date.now() + SETTLE_MS; runningNow().length > 0 && Date.now() < end; ) await delay(50);
  const running = runningNow();
  if (running.length > 0) throw new Error(`of a pod that is gone there run ${String(running)}`);
  await real.checkWitness();
}

/** A death that is noticed only after a jump of the clock has its back-off from then on: it jumps again and again. */
async function withoutBackOff(work: Promise<void>): Promise<void> {
  const done = work.then(
    () => true,
    () => true,
  );
  for (let time = 1; ; time++) {
    real.jump(LONG_MS);
    await insist(real, () => server.label(VICTIM, { value: `jump-${time}` }));
    if (await Promise.race([done, delay(JUMP_EVERY_MS, false)])) break;
  }
  await work;
}

/** From a state that no sequence should have come to. */
async function startOver(model: Model): Promise<void> {
  server.order('');
  if (server.isDead) await server.start();
  await insist(real, () => server.delete(VICTIM, 0)).catch(() => {});
  await awaitGone(model, real).catch(() => {});
  await awaitState(lab, [clean], SETTLE_MS);
}
