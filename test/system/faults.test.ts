/**
 * Whatever step of a pod's or an image's life peapod is killed at, whatever step fails, and whatever the programs do that it runs: what is left
 * is taken back or finished, the repeated call succeeds, and after the removal nothing is on the machine. Another pod with an open connection
 * never notices. PEAPOD_FAULT_SWEEP=full does every kind of fault at every step of every verb; otherwise it is a part of them.
 */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { runInLab } from './support/faults/lab.ts';
import type { CaseResult, SweepOptions } from './support/faults/sweep.ts';

const SWEEP = new URL('./support/faults/sweep.ts', import.meta.url);
const DAMAGE = new URL('./support/faults/damage.ts', import.meta.url);
const SERVE_SWEEP = new URL('./support/faults/serve-sweep.ts', import.meta.url);
const SERVE_DAMAGE = new URL('./support/faults/serve-damage.ts', import.meta.url);
const CRI_SWEEP = new URL('./support/faults/cri-sweep.ts', import.meta.url);
const RUN_SWEEP = new URL('./support/faults/run-sweep.ts', import.meta.url);
const isFull = process.env['PEAPOD_FAULT_SWEEP'] === 'full';
const LABS = Math.max(2, availableParallelism());
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
let labs = 0;

type Asked = Partial<SweepOptions> & {
  program?: URL;
  /** Of so many cases one is tried; the first of a verb always. */
  oneOf?: number;
};

/** @returns the names of the cases that went wrong, with what was wrong, and the number of all */
async function sweep({
  oneOf = 1,
  program = SWEEP,
  ...asked
}: Asked): Promise<{ cases: number; problems: string[] }> {
  const found: CaseResult[] = [];
  const problems: string[] = [];
  const parts = Array.from({ length: LABS }, (_, part) => part * oneOf);
  await Promise.all(
    parts.map(async (part) => {
      labs += 1;
      const cgroupParent = `/peapod-faults-${process.pid}-${labs}`;
      const none = { story: 'pod' as const, verbs: [], kinds: [], codes: [], impostors: [] };
      const options: SweepOptions = { ...none, ...asked, cgroupParent, part, of: LABS * oneOf };
      await runInLab(program, [JSON.stringify(options)], (line) => {
        const result = JSON.parse(line) as CaseResult | { done: true };
        if (!('verb' in result)) return;
        found.push(result);
        if (result.problems.length === 0) return;
        problems.push(`${result.verb}, ${result.fault}:\n  ${result.problems.join('\n  ')}`);
        // The whole takes long: whoever waits for it wants to know.
        if (isFull) console.error(problems.at(-1));
      });
    }),
  );
  return { cases: found.length, problems };
}

function demandNone({ cases, problems }: { cases: number; problems: string[] }, least: number): void {
  assert.deepEqual(problems, []);
  assert.ok(cases >= least, `only ${cases} cases`);
}

const KILLS = ['kill-before', 'kill-within', 'kill-after'] as const;
const FAILURES = ['fail', 'fail-from', 'hang'] as const;

test('killed at any step, peapod comes back to a whole pod or none', async (t) => {
  const result = await sweep(
    isFull
      ? { story: 'pod', kinds: [...KILLS] }
      : { story: 'pod', kinds: ['kill-after'], verbs: ['run sandbox', 'create a', 'start a'], oneOf: 4 },
  );
  t.diagnostic(`${result.cases} kills`);
  demandNone(result, 15);
});

test('a step that fails is named, undone, and succeeds when it is tried again', async (t) => {
  const result = await sweep(
    isFull
      ? { story: 'pod', kinds: [...FAILURES], codes: ERRORS }
      : { story: 'pod', kinds: ['fail'], codes: ['EPERM'], verbs: ['volumes', 'run sandbox'], oneOf: 2 },
  );
  t.diagnostic(`${result.cases} failures`);
  demandNone(result, 20);
});

test('an image is there whole or not at all, whatever happens to its pull, load or removal', async (t) => {
  const result = await sweep(
    isFull
      ? { story: 'image', kinds: [...KILLS, ...FAILURES], codes: ERRORS }
      : { story: 'image', kinds: ['kill-after', 'fail'], codes: ['ENOSPC'], verbs: ['pull'], oneOf: 6 },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 15);
});

test('a spare sandbox is a pod’s or nobody’s, whatever happens while it is taken over', async (t) => {
  const result = await sweep(
    isFull
      ? { story: 'spare', kinds: [...KILLS, ...FAILURES], codes: ERRORS }
      : { story: 'spare', kinds: ['kill-after'], verbs: ['take over a spare sandbox'], oneOf: 8 },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 3);
});

test('programs that answer garbage, hang, die or lie are named, and what they did is undone', async (t) => {
  const result = await sweep(
    isFull
      ? { story: 'pod', impostors: IMPOSTORS }
      : { story: 'pod', impostors: IMPOSTORS, verbs: ['run sandbox', 'create a'], oneOf: 8 },
  );
  t.diagnostic(`${result.cases} misbehaviours`);
  demandNone(result, 5);
});

test('a state file that a loss of power has torn costs no other pod anything, and leaves nothing behind', async (t) => {
  const result = await sweep({ program: DAMAGE, oneOf: isFull ? 1 : 20 });
  t.diagnostic(`${result.cases} damaged files`);
  demandNone(result, 4);
});

test('a damaged file of a server is made anew, or named, and costs no pod anything', async (t) => {
  const result = await sweep({ program: SERVE_DAMAGE, oneOf: isFull ? 1 : 60 });
  t.diagnostic(`${result.cases} damaged files`);
  demandNone(result, 1);
});

test('a server that dies at any step goes on where it was, and no other pod notices', async (t) => {
  const program = SERVE_SWEEP;
  const result = await sweep(
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
    isFull
      ? { program, kinds: [...KILLS, 'fail'], codes: ['EPERM'] }
      : { program, kinds: ['kill-after'], verbs: ['rm'], oneOf: 30 },
  );
  t.diagnostic(`${result.cases} kills and failures`);
  demandNone(result, 2);
});
