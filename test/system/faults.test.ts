/**
 * Whatever step of a pod's or an image's life peapod is killed at, whatever step fails, and whatever the programs do that it runs: what is left
 * is taken back or finished, the repeated call succeeds, and after the removal nothing is on the machine. Another pod with an open connection
 * never notices. PEAPOD_FAULT_SWEEP=full does every kind of fault at every step of every verb; otherwise it is a part of them.
 */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CaseResult } from './support/faults/case-book.ts';
import { type Asked, runLabs } from './support/faults/run-labs.ts';

const SWEEP = new URL('./support/faults/sweep.ts', import.meta.url);
const DAMAGE = new URL('./support/faults/damage.ts', import.meta.url);
const SERVE_SWEEP = new URL('./support/faults/serve-sweep.ts', import.meta.url);
const SERVE_DAMAGE = new URL('./support/faults/serve-damage.ts', import.meta.url);
const CRI_SWEEP = new URL('./support/faults/cri-sweep.ts', import.meta.url);
const RUN_SWEEP = new URL('./support/faults/run-sweep.ts', import.meta.url);
const isFull = process.env['PEAPOD_FAULT_SWEEP'] === 'full';
const JOURNAL = process.env['PEAPOD_FAULT_JOURNAL'];
const LABS = Number(process.env['PEAPOD_FAULT_LABS'] ?? Math.max(2, availableParallelism()));
const ERRORS = ['ENOSPC', 'EPERM', 'ENOENT', 'ETIMEDOUT'];
const IMPOSTORS = [
  'garbage',
  'garbage and failure',
  'nothing',
  'failure',
  'death',
  'hang',
  'work, then failure',
  'work, then death',
  'work, then garbage',
];

type Swept = Asked & {
  program?: URL;
  /** Of so many cases one is tried; the first of a verb always. */
  oneOf?: number;
};

interface Outcome {
  /** The number of all that were tried, now or before. */
  cases: number;
  /** What went wrong, by the names of the cases, and those that nobody has tried. */
  problems: string[];
}

/** @param part its name in the journal */
async function sweep(part: string, { oneOf = 1, program = SWEEP, ...asked }: Swept): Promise<Outcome> {
  const options: Asked = { ...asked, of: oneOf };
  const book = JOURNAL === undefined ? undefined : join(JOURNAL, part);
  const { names, results, broken } = await runLabs(program, options, LABS, tell, book);
  const problems = results.filter((result) => result.problems.length > 0).map(said);
  const known = new Set(results.map(({ name }) => name));
  const missing = [...names].filter((name) => !known.has(name)).map((name) => `${name}: was not tried`);
  return { cases: results.length, problems: [...problems, ...broken, ...missing] };
}

/** The whole takes long: whoever waits for it wants to know. */
function tell(result: CaseResult): void {
  if (isFull && result.problems.length > 0) console.error(said(result));
}

function said({ name, problems }: CaseResult): string {
  return `${name}:\n  ${problems.join('\n  ')}`;
}

function demandNone({ cases, problems }: Outcome, least: number): void {
  assert.deepEqual(problems, []);
  assert.ok(cases >= least, `only ${cases} cases`);
}

const KILLS = ['kill-before', 'kill-within', 'kill-after'] as const;
const FAILURES = ['fail', 'fail-from', 'hang'] as const;

test('killed at any step, peapod comes back to a whole pod or none', async (t) => {
  const result = await sweep(
    'kills',
    isFull
      ? { story: 'pod', kinds: [...KILLS] }
      : { story: 'pod', kinds: ['kill-after'], verbs: ['run sandbox', 'create a', 'start a'], oneOf: 4 },
  );
  t.diagnostic(`${result.cases} kills`);
  demandNone(result, 15);
});

test('a step that fails is named, undone, and succeeds when it is tried again', async (t) => {
  const result = await sweep(
    'failures',
    isFull
      ? { story: 'pod', kinds: [...FAILURES], codes: ERRORS }
      : { story: 'pod', kinds: ['fail'], codes: ['EPERM'], verbs: ['volumes', 'run sandbox'], oneOf: 2 },
  );
  t.diagnostic(`${result.cases} failures`);
  demandNone(result, 20);
});

test('an image is there whole or not at all, whatever happens to its pull, load or removal', async (t) => {
  const result = await sweep(
    'images',
    isFull
      ? { story: 'image', kinds: [...KILLS, ...FAILURES], codes: ERRORS }
      : { story: 'image', kinds: ['kill-after', 'fail'], codes: ['ENOSPC'], verbs: ['pull'], oneOf: 6 },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 15);
});

test('a spare sandbox is a pod’s or nobody’s, whatever happens while it is taken over', async (t) => {
  const result = await sweep(
    'spare',
    isFull
      ? { story: 'spare', kinds: [...KILLS, ...FAILURES], codes: ERRORS }
      : {
          story: 'spare',
          kinds: ['kill-after', 'fail'],
          codes: ['ENOSPC'],
          verbs: ['take over a spare sandbox', 'create from a launch'],
          oneOf: 16,
        },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 3);
});

test('programs that answer garbage, hang, die or lie are named, and what they did is undone', async (t) => {
  const result = await sweep(
    'impostors',
    isFull
      ? { story: 'pod', impostors: IMPOSTORS }
      : { story: 'pod', impostors: IMPOSTORS, verbs: ['run sandbox', 'create a'], oneOf: 5 },
  );
  t.diagnostic(`${result.cases} misbehaviours`);
  demandNone(result, 5);
});

test('a CNI plugin that answers garbage, hangs, dies or lies is named, and what it did is undone', async (t) => {
  const result = await sweep('plugins', {
    story: 'plugins',
    impostors: IMPOSTORS,
    programs: ['bridge'],
    ...(isFull ? {} : { verbs: ['run sandbox'], oneOf: 3 }),
  });
  t.diagnostic(`${result.cases} misbehaviours`);
  demandNone(result, 3);
});

test('a state file that a loss of power has torn costs no other pod anything, and leaves nothing behind', async (t) => {
  const result = await sweep('damage', { program: DAMAGE, oneOf: isFull ? 1 : 20 });
  t.diagnostic(`${result.cases} damaged files`);
  demandNone(result, 4);
});

test('a damaged file of a server is made anew, or named, and costs no pod anything', async (t) => {
  const result = await sweep('serve-damage', { program: SERVE_DAMAGE, oneOf: isFull ? 1 : 60 });
  t.diagnostic(`${result.cases} damaged files`);
  demandNone(result, 1);
});

test('a server that dies at any step goes on where it was, and no other pod notices', async (t) => {
  const program = SERVE_SWEEP;
  const result = await sweep(
    'serve',
    isFull
      ? { program, kinds: ['kill-before', 'kill-after', 'fail'], codes: ['EPERM'] }
      : { program, kinds: ['kill-after'], verbs: ['create'], oneOf: 40 },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 2);
});

test('a kubelet that repeats what was broken off gets what it asked for', async (t) => {
  const program = CRI_SWEEP;
  const result = await sweep(
    'cri',
    isFull
      ? { program, kinds: ['kill-before', 'kill-after', 'fail'], codes: ['EPERM', 'ENOSPC'] }
      : { program, kinds: ['kill-after'], oneOf: 14 },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 4);
});

test('whoever repeats a command that was killed, or failed, finds nothing of the first', async (t) => {
  const program = RUN_SWEEP;
  const result = await sweep(
    'run',
    isFull
      ? { program, kinds: [...KILLS, 'fail'], codes: ['EPERM'] }
      : { program, kinds: ['kill-after'], verbs: ['rm'], oneOf: 30 },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 2);
});
