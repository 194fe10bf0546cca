/** In a lab: does each verb of a pod's life with each of its faults, and looks at what is left. Prints a line of JSON for each case. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build, stop } from 'esbuild';
import { writeBusyboxRoot } from '../../../../src/runtime/container/testing/busybox-image.ts';
import { type Fault, inject } from '../../../../src/runtime/linux/external-step.ts';
import { difference, machineState } from './machine-state.ts';
import { type Machine, openMachine } from './machine.ts';
import { ALL, type Verb } from './pod-verbs.ts';
import { startWitness, type Witness } from './witness.ts';

export interface SweepOptions {
  cgroupParent: string;
  verbs: string[];
  kinds: Fault['kind'][];
  /** With `fail`. */
  codes: string[];
  /** Another pod is there, which must not notice. */
  witness: boolean;
  /** This lab does every `of`th case, from `part` on. */
  part: number;
  of: number;
  /** Only these steps. */
  only?: string;
}

export interface CaseResult {
  verb: string;
  fault: string;
  /** What was wrong; nothing: all is well. */
  problems: string[];
  ms: number;
}

/** For what ends by itself: a process that was killed, a namespace after its last process. */
const SETTLE_MS = 4000;

/** Which hierarchies the pod's own cgroup is in depends on how far its sandbox ever came; it goes with the pod. */
const PODS_OWN_CGROUP = /^left over: cgroup .*\/(burstable|pod[0-9a-f-]{36}): 0$/;

const options = JSON.parse(process.argv[2] ?? '{}') as SweepOptions;
const victim = await bundled('victim.ts');
let machine = await prepare();
const state = (): Promise<string[]> => machineState(options.cgroupParent);
const witness: Witness | undefined = options.witness ? await startWitness(machine) : undefined;
// What is made once and stays (the root of infra containers, empty directories) is there from the first time on.
for (const verb of ALL) await verb.run(machine);

let index = 0;
for (const verb of ALL) {
  if (options.verbs.includes(verb.name)) await sweepVerb(verb);
  await verb.run(machine);
}
console.log(JSON.stringify({ done: true, cases: index }));
process.exit(0);

/** As one file, which starts in a fraction of the time that the sources take. */
async function bundled(program: string): Promise<string> {
  // Native code is looked for from here.
  const outfile = join(import.meta.dirname, '../../../../node_modules/.cache', `${options.cgroupParent}.mjs`);
  process.on('exit', () => rmSync(outfile, { force: true }));
  await build({
    entryPoints: [join(import.meta.dirname, program)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['koffi'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  await stop();
  return outfile;
}

async function prepare(): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'fault-image-'));
  writeBusyboxRoot(join(folder, 'root'));
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'root.tar'), '.']);
  const { runtime } = await openMachine(options.cgroupParent, '');
  const { id } = await runtime.images.importRootfs(join(folder, 'root.tar'), {
    reference: 'localhost/busybox:test',
    config: { env: ['PATH=/bin'] },
  });
  rmSync(folder, { recursive: true });
  return openMachine(options.cgroupParent, id);
}

async function sweepVerb(verb: Verb): Promise<void> {
  const before = await settled();
  const steps = await record(verb);
  const after = await settled();
  await verb.undo(machine);
  for (const fault of faultsOf(steps)) {
    index += 1;
    if (index % options.of !== options.part) continue;
    if (options.only !== undefined && !fault.step.includes(options.only)) continue;
    const begun = Date.now();
    const problems = await tryCase(verb, fault, { before, after });
    const name = `${fault.kind}@${fault.step}#${fault.occurrence}${fault.code === '' ? '' : `:${fault.code}`}`;
    const result: CaseResult = { verb: verb.name, fault: name, problems, ms: Date.now() - begun };
    console.log(JSON.stringify(result));
  }
  const problems = await awaitState([before]);
  if (problems.length > 0) throw new Error(`${verb.name}: cannot be undone: ${problems.join('\n')}`);
}

async function record(verb: Verb): Promise<string[]> {
  const steps: string[] = [];
  using _ = inject(undefined, (step) => steps.push(step));
  await verb.run(machine);
  return steps;
}

function faultsOf(steps: readonly string[]): Fault[] {
  const seen = new Map<string, number>();
  return steps.flatMap((step) => {
    const occurrence = (seen.get(step) ?? 0) + 1;
    seen.set(step, occurrence);
    return options.kinds.flatMap((kind) => {
      if (kind === 'hang' && !step.startsWith('spawn ')) return [];
      if (kind === 'kill-within' && !/^(write|rm) /.test(step)) return [];
      if (kind === 'fail-from' && !/^(mkdir|mkdtemp|write|create|symlink|lock) /.test(step)) return [];
      const codes = kind === 'fail' ? options.codes : kind === 'fail-from' ? ['ENOSPC'] : [''];
      return codes.map((code): Fault => ({ kind, step, occurrence, code }));
    });
  });
}

interface Expected {
  before: string[];
  after: string[];
}

async function tryCase(verb: Verb, fault: Fault, expected: Expected): Promise<string[]> {
  const problems: string[] = [];
  const note = (when: string, found: readonly string[]) => {
    if (found.length > 0) problems.push(`${when}: ${found.slice(0, 12).join('; ')}`);
  };
  try {
    if (fault.kind.startsWith('kill')) {
      await kill(verb, fault);
      machine = await openMachine(options.cgroupParent, machine.image);
      await machine.runtime.collect();
      if (verb.atomic) note('after the restart', await awaitState([expected.before, expected.after]));
    } else {
      const error = await failing(verb, fault);
      if (error !== undefined) note('the error', unclear(error, fault));
      if (verb.atomic && error !== undefined && fault.kind !== 'fail-from')
        note('after the failure', await awaitState([expected.before]));
    }
    await verb.run(machine);
    note('after the repetition', await awaitState([expected.after]));
    await witness?.check();
    await verb.undo(machine);
    note('after it was undone', await awaitState([expected.before]));
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    await verb.undo(machine).catch((again: unknown) => problems.push(`cannot be undone: ${String(again)}`));
    note('after it was undone', await awaitState([expected.before]));
  }
  await witness?.check();
  return problems;
}

async function kill(verb: Verb, { kind, step, occurrence }: Fault): Promise<void> {
  const child = spawn(process.execPath, [victim, options.cgroupParent, machine.image, verb.name], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PEAPOD_FAULT: `${kind}@${step}#${occurrence}` },
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  // Of parallel steps of one name one more or less may be done.
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the victim ended with ${code ?? signal}`);
}

async function failing(verb: Verb, fault: Fault): Promise<Error | undefined> {
  using _ = inject(fault);
  try {
    await verb.run(machine);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** An error that a user could do something with is one of ours, and names what failed. */
function unclear(error: Error, { code }: Fault): string[] {
  const causes: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) causes.push(at.message);
  if (error.name !== 'PeapodError') return [`${error.name} is no error of ours: ${error.message}`];
  const isNamed =
    code === '' || causes.some((message) => message.includes(code) || /no space left/.test(message));
  return isNamed ? [] : [`it does not name ${code}: ${causes.join(' <- ')}`];
}

/** The state once nothing changes by itself any more. */
async function settled(): Promise<string[]> {
  for (let last = await state(); ; ) {
    await delay(100);
    const now = await state();
    if (difference(now, last).length === 0) return now;
    last = now;
  }
}

/** @returns how it differs from all of them, after some time to settle */
async function awaitState(expected: readonly string[][]): Promise<string[]> {
  const end = Date.now() + SETTLE_MS;
  for (let waitMs = 2; ; waitMs = Math.min(waitMs * 2, 200)) {
    const now = await state();
    const differences = expected
      .map((one) => difference(now, one).filter((line) => !PODS_OWN_CGROUP.test(line)))
      .toSorted((a, b) => a.length - b.length);
    const [least = []] = differences;
    if (least.length === 0 || Date.now() > end) return least;
    await delay(waitMs);
  }
}
