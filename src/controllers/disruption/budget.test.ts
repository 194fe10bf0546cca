import assert from 'node:assert/strict';
import test from 'node:test';
import type { PodDisruptionBudgetSpec } from '../../model/api/types.ts';
import { expectedPods } from './budget.ts';

const CASES: [string, PodDisruptionBudgetSpec, number, number, number, number][] = [
  // what, spec, pods, scale, expected, desired
  ['a number that must be there', { minAvailable: 2 }, 3, 5, 3, 2],
  ['a share that must be there, rounded up', { minAvailable: '50%' }, 3, 5, 5, 3],
  ['a number that may be missing', { maxUnavailable: 1 }, 3, 5, 5, 4],
  ['a share that may be missing, rounded up', { maxUnavailable: '30%' }, 3, 5, 5, 3],
  ['more than there are may be missing', { maxUnavailable: 9 }, 3, 5, 5, 0],
  ['all must be there', { maxUnavailable: 0 }, 3, 5, 5, 5],
  ['nothing said', {}, 3, 5, 0, 0],
];

for (const [what, spec, pods, scale, expected, desired] of CASES)
  test(`a budget of ${what}`, () => {
    assert.deepEqual(expectedPods({ spec }, pods, scale), {
      expectedPods: expected,
      desiredHealthy: desired,
    });
  });
