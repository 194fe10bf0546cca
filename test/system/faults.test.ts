/**
 * Whatever step of a pod's life peapod is killed at, and whatever step fails: what is left is taken back or finished, the repeated call
 * succeeds, and after the pod's removal nothing of it is on the machine. Another pod with an open connection never notices.
 * PEAPOD_FAULT_SWEEP=full does every kind of fault at every step of every verb; otherwise it is one kind, at every step of those verbs that make
 * most outside the process.
 */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import type { Fault } from '../../src/runtime/linux/external-step.ts';
import { runInLab } from './support/faults/lab.ts';
import type { CaseResult, SweepOptions } from './support/faults/sweep.ts';

const SWEEP = new URL('./support/faults/sweep.ts', import.meta.url);
const isFull = process.env['PEAPOD_FAULT_SWEEP'] === 'full';
const LABS = Math.max(2, availableParallelism());
const VERBS = [
  'pod cgroup',
  'volumes',
  'run sandbox',
  'init container',
  'create a',
  'start a',
  'create b',
  'start b',
  'exec',
  'stop',
  'remove',
];
let labs = 0;

/** @returns the names of the cases that went wrong, with what was wrong, and the number of all */
async function sweep(
  verbs: string[],
  kinds: Fault['kind'][],
  codes: string[],
  witness: boolean,
): Promise<{ cases: number; problems: string[] }> {
  const found: CaseResult[] = [];
  const parts = Array.from({ length: LABS }, (_, part) => part);
  await Promise.all(
    parts.map(async (part) => {
      labs += 1;
      const cgroupParent = `/peapod-faults-${process.pid}-${labs}`;
      const options: SweepOptions = { cgroupParent, verbs, kinds, codes, witness, part, of: LABS };
      await runInLab(SWEEP, [JSON.stringify(options)], (line) => {
        const result = JSON.parse(line) as CaseResult | { done: true };
        if ('verb' in result) found.push(result);
      });
    }),
  );
  const problems = found
    .filter((result) => result.problems.length > 0)
    .map((result) => `${result.verb}, ${result.fault}:\n  ${result.problems.join('\n  ')}`);
  return { cases: found.length, problems };
}

function demandNone({ cases, problems }: { cases: number; problems: string[] }, least: number): void {
  assert.deepEqual(problems, []);
  assert.ok(cases >= least, `only ${cases} cases`);
}

test('killed at any step, peapod comes back to a whole pod or none', async (t) => {
  const kinds: Fault['kind'][] = isFull ? ['kill-before', 'kill-within', 'kill-after'] : ['kill-after'];
  const result = await sweep(isFull ? VERBS : ['run sandbox', 'create a'], kinds, [], true);
  t.diagnostic(`${result.cases} kills`);
  demandNone(result, 60);
});

test('a step that fails is named, undone, and succeeds when it is tried again', async (t) => {
  const kinds: Fault['kind'][] = isFull ? ['fail', 'fail-from', 'hang'] : ['fail'];
  const result = await sweep(
    isFull ? VERBS : ['pod cgroup', 'volumes', 'run sandbox'],
    kinds,
    isFull ? ['ENOSPC', 'EPERM', 'ENOENT', 'ETIMEDOUT'] : ['EPERM'],
    true,
  );
  t.diagnostic(`${result.cases} failures`);
  demandNone(result, 60);
});
