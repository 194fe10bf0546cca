/** What may happen to a pod on a server, and what has to hold after each of it. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import type { Pod } from '../../../../src/model/api/types.ts';
import { readProcessStat } from '../../../../src/runtime/linux/proc.ts';
import { PROGRAM } from './lab-process.ts';
import type { LabServer } from './lab-server.ts';
import { BUSYBOX } from './store-busybox.ts';

/** A pod's life in three facts: whether it is wanted, who runs undisturbed, and how often each was restarted at least. */
export interface Model {
  wanted: 'nothing' | 'running' | 'deleted';
  /** The process of each container that was seen ready and that nothing has happened to since. */
  undisturbed: Map<string, number>;
  restarts: Map<string, number>;
}

export interface Real {
  readonly server: LabServer;
  /** As `peapod` of the same installation needs it. */
  readonly env: Readonly<Record<string, string>>;
  /** How many pods there have been: each marks its processes with its number. */
  pods: number;
  jump(ms: number): void;
  checkWitness(): Promise<void>;
}

type Command = fc.AsyncCommand<Model, Real>;

export const VICTIM = 'victim';
export const NAMES = ['side', 'a', 'b'] as const;
const run = promisify(execFile);

const marker = (pods: number, name: string) => `model-${pods}-${name}`;

function pod(pods: number): Pod {
  const container = (name: string, more = {}) => ({
    name,
    image: BUSYBOX,
    imagePullPolicy: 'Never',
    command: [
      'sh',
      '-c',
      `trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done # ${marker(pods, name)}`,
    ],
    ...more,
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: VICTIM },
    spec: {
      terminationGracePeriodSeconds: 2,
      automountServiceAccountToken: false,
      initContainers: [
        container('init', { command: ['true'] }),
        container('side', { restartPolicy: 'Always' }),
      ],
      containers: [
        container('a', { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] }),
        container('b', { lifecycle: { preStop: { sleep: { seconds: 1 } } } }),
      ],
      volumes: [{ name: 'scratch', emptyDir: {} }],
    },
  };
}

/** The processes that a container of the pod with this number is, as the kernel sees them. */
export function processesOf(pods: number, name: string): number[] {
  return (
    readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number)
      .filter((pid) => {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          const isOf = words[0] === 'sh' && words[2]?.endsWith(`# ${marker(pods, name)}`) === true;
          return isOf && readProcessStat(pid)?.state !== 'Z';
        } catch {
          return false;
        }
      })
      // What a shell forks is, for a moment, a second one of it.
      .filter((pid, _, all) => !all.includes(readProcessStat(pid)?.parentPid ?? 0))
  );
}

export async function isWhole({ server, pods }: Real): Promise<boolean> {
  const { status } = (await server.get(VICTIM)) ?? {};
  const isReady = status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True');
  return isReady === true && NAMES.every((name) => processesOf(pods, name).length === 1);
}

/** After a command, whatever it was. */
async function checkPromises(model: Model, real: Real): Promise<void> {
  for (const name of NAMES) {
    for (let number = 1; number <= real.pods; number++) {
      const pids = processesOf(number, name);
      if (pids.length > 1)
        throw new Error(`${name} of pod ${number} runs ${pids.length} times: ${String(pids)}`);
    }
    const before = model.undisturbed.get(name);
    const [now] = processesOf(real.pods, name);
    if (before !== undefined && now !== before)
      throw new Error(`${name} was process ${before}, nothing happened to it, and it is ${now}`);
  }
  if (real.server.isDead) await real.server.start();
  await insist(real, async () => {
    const { status } = (await real.server.get(VICTIM)) ?? {};
    for (const { name, restartCount } of status?.containerStatuses ?? []) {
      const before = model.restarts.get(name) ?? 0;
      if (restartCount < before)
        throw new Error(`the restarts of ${name} fell from ${before} to ${restartCount}`);
      model.restarts.set(name, restartCount);
    }
    await real.checkWitness();
  });
}

function command(
  name: string,
  check: (model: Model) => boolean,
  act: (model: Model, real: Real) => Promise<void>,
): Command {
  return {
    check,
    toString: () => name,
    async run(model, real) {
      if (real.server.isDead) await real.server.start();
      await act(model, real);
      await checkPromises(model, real);
    },
  };
}

const always = () => true;
const whileThere = ({ wanted }: Model) => wanted !== 'nothing';
const whileWanted = ({ wanted }: Model) => wanted === 'running';

/** A server that is about to die may not answer: then it is asked again. */
export async function insist(real: Real, ask: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask();
      return;
    } catch (error) {
      // The connection breaks before the death is seen.
      for (let waits = 0; waits < 40 && !real.server.isDead; waits++) await delay(25);
      if (!real.server.isDead || attempt === 3) throw error;
      await real.server.start();
    }
  }
}

export async function createPod(model: Model, real: Real): Promise<void> {
  real.pods += 1;
  model.wanted = 'running';
  await insist(real, async () => {
    if ((await real.server.get(VICTIM)) === undefined) await real.server.create(pod(real.pods));
  });
}

const create = command('create', ({ wanted }) => wanted === 'nothing', createPod);

export async function awaitWhole(model: Model, real: Real): Promise<void> {
  while (!(await real.server.until('the pod is whole', () => isWhole(real)))) await real.server.start();
  for (const name of NAMES) model.undisturbed.set(name, processesOf(real.pods, name)[0] ?? 0);
}

/** Only a pod that nothing happened to is ready soon. */
const ready = command('all is ready', whileWanted, async (model, real) => {
  if (
    !(await real.server.until('ready', () => isWhole(real).then((whole) => whole || model.restarts.size > 0)))
  )
    return;
  if (await isWhole(real)) await awaitWhole(model, real);
});

const remove = (graceSeconds: number | undefined) =>
  command(`delete, grace ${graceSeconds ?? 'its own'}`, whileThere, async (model, real) => {
    model.wanted = 'deleted';
    model.undisturbed.clear();
    await insist(real, () => real.server.delete(VICTIM, graceSeconds));
  });

export async function awaitGone(model: Model, real: Real): Promise<void> {
  const isGone = async () => (await real.server.get(VICTIM)) === undefined;
  while (!(await real.server.until('the pod is gone', isGone))) await real.server.start();
  Object.assign(model, { wanted: 'nothing', undisturbed: new Map(), restarts: new Map() });
}

const gone = command('it is gone', ({ wanted }) => wanted === 'deleted', awaitGone);

const label = (value: string) =>
  command(`label ${value}`, whileWanted, (_, real) =>
    insist(real, () => real.server.label(VICTIM, { value })),
  );

const die = (name: string) =>
  command(`${name} dies`, whileThere, async (model, { pods }) => {
    model.undisturbed.delete(name);
    for (const pid of processesOf(pods, name)) process.kill(pid, 'SIGKILL');
  });

const exec = command('exec', whileThere, async (_, { env }) => {
  await run(PROGRAM, ['exec', VICTIM, '--', 'true'], { env: { ...process.env, ...env } }).catch(() => {});
});

const wait = (ms: number) => command(`${ms} ms pass`, always, () => delay(ms));

const jump = (ms: number) =>
  command(`the clock jumps by ${ms} ms`, always, async (_, real) => {
    real.jump(ms);
    await delay(300);
  });

const kill = command('the server is killed', always, async (_, { server }) => {
  await server.end('SIGKILL');
  await server.start();
});

/** At a step of whatever it does next. */
const killAt = (when: string, step: number) =>
  command(`the server dies ${when} step ${step} from now`, always, async (_, { server }) => {
    server.order(`kill-${when}@*#${step}`);
  });

const STEP = fc.integer({ min: 1, max: 250 });
const deathAtAStep = fc
  .tuple(fc.constantFrom('before', 'within', 'after'), STEP)
  .map((args) => killAt(...args));

export const commands = fc.commands(
  [
    // Without a pod little can happen.
    ...Array.from({ length: 5 }, () => fc.constant(create)),
    ...Array.from({ length: 4 }, () => deathAtAStep),
    fc.constant(ready),
    fc.constant(ready),
    fc.constantFrom(undefined, 0, 1, 40).map(remove),
    fc.constant(gone),
    fc.constantFrom('x', 'y').map(label),
    fc.constantFrom(...NAMES).map(die),
    fc.constantFrom(...NAMES).map(die),
    fc.constant(exec),
    fc.constantFrom(1, 100, 700).map(wait),
    fc.constantFrom(-300_000, 5000, 660_000, 86_400_000).map(jump),
    fc.constant(kill),
  ],
  { maxCommands: 12, size: 'max' },
);
