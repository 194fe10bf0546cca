import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permittedOomScore } from './oom-score.ts';
import { defaultRlimits, hardNofileIn } from './rlimits.ts';

const limits =
  'Limit   Soft Limit  Hard Limit Units\nMax open files            20000                20000                files     \n';

test('open files are limited as services are, and never above the own hard limit', () => {
  assert.deepEqual(defaultRlimits(1_048_576), [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 524_288 }]);
  assert.deepEqual(defaultRlimits(hardNofileIn(limits)), [
    { type: 'RLIMIT_NOFILE', soft: 1024, hard: 20_000 },
  ]);
  assert.deepEqual(defaultRlimits(512), [{ type: 'RLIMIT_NOFILE', soft: 512, hard: 512 }]);
});

for (const [wanted, own, maySetAny, expected] of [
  [-997, 0, true, -997],
  [-997, 0, false, 0],
  [-997, -500, false, -500],
  [1000, 0, false, 1000],
  [5000, 0, true, 1000],
  [undefined, 0, true, undefined],
] as const) {
  test(`an OOM score of ${wanted} becomes ${expected} where ours is ${own}${maySetAny ? ' and we may lower it' : ''}`, () => {
    assert.equal(permittedOomScore(wanted, { oomScoreAdj: own, maySetAny }), expected);
  });
}
