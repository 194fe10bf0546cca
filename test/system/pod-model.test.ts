/**
 * A pod on a real server, under calls of users, deaths of its containers, jumps of the clock and kills of the server at random steps, against
 * a model of its life. PEAPOD_MODEL_SECONDS tries for longer; PEAPOD_MODEL_SEED and PEAPOD_MODEL_PATH try what a report names once more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInLab } from './support/faults/lab.ts';
import { removeLabCgroups } from './support/faults/remove-lab-cgroups.ts';
import type { ModelOptions, ModelReport } from './support/faults/model.ts';

const PROGRAM = new URL('./support/faults/model.ts', import.meta.url);
const { PEAPOD_MODEL_SECONDS, PEAPOD_MODEL_SEED, PEAPOD_MODEL_PATH } = process.env;
const seconds = Number(PEAPOD_MODEL_SECONDS ?? 30);
const seed = Number(PEAPOD_MODEL_SEED ?? Date.now() % 1_000_000);

test('whatever happens, what is wanted of a pod comes, what is not wanted goes, and nothing else changes', async (t) => {
  t.diagnostic(`PEAPOD_MODEL_SEED=${seed}`);
  const options: ModelOptions = {
    runs: 1_000_000,
    seed,
    limitMs: seconds * 1000,
    path: PEAPOD_MODEL_PATH ?? '',
    cgroupParent: `/peapod-model-${process.pid}`,
  };
  let report: ModelReport | undefined;
  try {
    await runInLab(PROGRAM, [JSON.stringify(options)], (line) => {
      const told = JSON.parse(line) as ModelReport | { sequence: string };
      if ('done' in told) report = told;
    });
  } finally {
    await removeLabCgroups(options.cgroupParent);
  }
  assert.equal(report?.report, '');
  t.diagnostic(`${report?.sequences} sequences`);
  assert.ok((report?.sequences ?? 0) >= 1, 'a sequence at least');
});
