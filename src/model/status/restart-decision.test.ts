import assert from 'node:assert/strict';
import test from 'node:test';
import type { Container, Pod } from '../api/types.ts';
import { shouldRestart } from './restart-decision.ts';

const RULE = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } };

/** The pod's policy, the container's own, the exit code, and whether it is started again. */
const CASES: [string, Partial<Container>, number, boolean][] = [
  ['Always', {}, 0, true],
  ['Always', {}, 1, true],
  ['OnFailure', {}, 0, false],
  ['OnFailure', {}, 1, true],
  ['Never', {}, 0, false],
  ['Never', {}, 1, false],
  ['Never', { restartPolicy: 'OnFailure' }, 1, true],
  ['Always', { restartPolicy: 'Never' }, 1, false],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [RULE] }, 42, true],
  ['Never', { restartPolicy: 'Never', restartPolicyRules: [RULE] }, 43, false],
  [
    'Never',
    {
      restartPolicy: 'Never',
      restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'NotIn', values: [0] } }],
    },
    7,
    true,
  ],
];

for (const [policy, own, exitCode, expected] of CASES) {
  test(`${policy} ${JSON.stringify(own)} exit ${exitCode}: ${expected ? 'restarted' : 'left'}`, () => {
    const container: Container = { name: 'c', ...own };
    const pod: Pod = { spec: { restartPolicy: policy, containers: [container] } };
    assert.equal(shouldRestart(pod, container, exitCode), expected);
    pod.metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    assert.equal(shouldRestart(pod, container, exitCode), false);
  });
}

test('an init container is started again when it failed, and a sidecar always', () => {
  const init: Container = { name: 'i' };
  const sidecar: Container = { name: 's', restartPolicy: 'Always' };
  const pod: Pod = { spec: { restartPolicy: 'Always', containers: [], initContainers: [init, sidecar] } };
  assert.equal(shouldRestart(pod, init, 0), false);
  assert.equal(shouldRestart(pod, init, 1), true);
  assert.equal(shouldRestart(pod, sidecar, 0), true);
  pod.spec!.restartPolicy = 'Never';
  assert.equal(shouldRestart(pod, init, 1), false);
  assert.equal(shouldRestart(pod, sidecar, 1), true);
});
