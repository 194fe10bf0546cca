import assert from 'node:assert/strict';
import test from 'node:test';
import type { SuccessPolicyRule } from '../api/types.ts';
import { FieldErrors } from '../field-error.ts';
import { validateSuccessPolicy } from './success-policy.ts';

test('a rule names indexes that there are, in order, and no more than there are', () => {
  const cases: [SuccessPolicyRule, RegExp | undefined][] = [
    [{ succeededIndexes: '0,2-4' }, undefined],
    [{ succeededIndexes: '0-3', succeededCount: 4 }, undefined],
    [{ succeededCount: 5 }, undefined],
    [{}, /at least one of succeededCount or succeededIndexes must be specified/],
    [{ succeededIndexes: '5' }, /too large index: "5"/],
    [{ succeededIndexes: '3,1' }, /non-increasing order, previous: 3, current: 1/],
    [{ succeededIndexes: 'a' }, /cannot convert string to integer for index: "a"/],
    [{ succeededIndexes: '1-2-3' }, /cannot convert string to integer/],
    [{ succeededCount: 6 }, /must be less than or equal to 5 \(the number of specified completions\)/],
    [{ succeededCount: 2, succeededIndexes: '1' }, /must be less than or equal to 1 \(the number of indexes/],
  ];
  for (const [rule, expected] of cases) {
    const errors = new FieldErrors();
    const template = { spec: { containers: [] } };
    validateSuccessPolicy(errors, { completions: 5, successPolicy: { rules: [rule] }, template }, 'p');
    const [first, ...more] = errors.list.map(({ detail }) => detail);
    assert.equal(more.length, 0);
    if (expected === undefined) assert.equal(first, undefined);
    else assert.match(first ?? '', expected);
  }
});
