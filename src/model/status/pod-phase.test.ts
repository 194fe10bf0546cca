import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type { ContainerState, ContainerStatus, Pod } from '../api/types.ts';
import { podPhase } from './pod-phase.ts';

function status(name: string, state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name, image: 'i', imageID: 'i', ready: false, restartCount: 0, state, ...more };
}

const RUNNING: ContainerState = { running: {} };
const WAITING: ContainerState = { waiting: { reason: 'ContainerCreating' } };
const done = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const crashed = (name: string, exitCode: number) =>
  status(name, { waiting: { reason: 'CrashLoopBackOff' } }, { lastState: { terminated: { exitCode } } });

function pod(restartPolicy: string, init: string[] = [], sidecars: string[] = []): Pod {
  return {
    spec: {
      restartPolicy,
      containers: [{ name: 'a' }, { name: 'b' }],
      initContainers: [
        ...init.map((name) => ({ name })),
        ...sidecars.map((name) => ({ name, restartPolicy: 'Always' })),
      ],
    },
  };
}

const CASES: [string, Pod, ContainerStatus[], string][] = [
  ['nothing is known', pod('Always'), [], 'Pending'],
  ['all containers wait', pod('Always'), [status('a', WAITING), status('b', WAITING)], 'Pending'],
  ['one container waits', pod('Always'), [status('a', RUNNING), status('b', WAITING)], 'Pending'],
  ['all containers run', pod('Always'), [status('a', RUNNING), status('b', RUNNING)], 'Running'],
  ['one has ended', pod('Never'), [status('a', RUNNING), status('b', done(1))], 'Running'],
  ['all ended and are restarted', pod('Always'), [status('a', done(0)), status('b', done(0))], 'Running'],
  ['all succeeded', pod('OnFailure'), [status('a', done(0)), status('b', done(0))], 'Succeeded'],
  ['one failed for good', pod('Never'), [status('a', done(0)), status('b', done(1))], 'Failed'],
  ['one failed and is restarted', pod('OnFailure'), [status('a', done(0)), status('b', done(1))], 'Running'],
  ['one backs off', pod('OnFailure'), [status('a', done(0)), crashed('b', 1)], 'Running'],
  [
    'an init container runs',
    pod('Always', ['i']),
    [status('i', RUNNING), status('a', WAITING), status('b', WAITING)],
    'Pending',
  ],
  [
    'an init container failed and is restarted',
    pod('Always', ['i']),
    [crashed('i', 1), status('a', WAITING), status('b', WAITING)],
    'Pending',
  ],
  [
    'an init container failed for good',
    pod('Never', ['i']),
    [status('i', done(1)), status('a', WAITING), status('b', WAITING)],
    'Failed',
  ],
  [
    'a sidecar has not started',
    pod('Always', [], ['s']),
    [status('s', RUNNING, { started: false }), status('a', WAITING), status('b', WAITING)],
    'Pending',
  ],
  [
    'a sidecar outlives the containers',
    pod('Never', [], ['s']),
    [status('s', RUNNING, { started: true }), status('a', done(0)), status('b', done(0))],
    'Running',
  ],
  [
    'a sidecar ended after the containers',
    pod('Never', [], ['s']),
    [status('s', done(143)), status('a', done(0)), status('b', done(0))],
    'Succeeded',
  ],
  [
    'a sidecar restarts beside running containers',
    pod('Always', [], ['s']),
    [crashed('s', 1), status('a', RUNNING), status('b', RUNNING)],
    'Running',
  ],
];

for (const [name, one, statuses, phase] of CASES) {
  test(`a pod is ${phase} when ${name}`, () => assert.equal(podPhase(one, { statuses }), phase));
}

test('a pod whose life is ended does not wait for restarts', () => {
  const statuses = [status('a', done(137)), status('b', done(0))];
  assert.equal(podPhase(pod('Always'), { statuses, ended: true }), 'Failed');
});

test('rules of a container keep a pod running that would else have failed', () => {
  const one = pod('Never');
  const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } };
  Object.assign(one.spec!.containers[0]!, { restartPolicy: 'Never', restartPolicyRules: [rule] });
  assert.equal(podPhase(one, { statuses: [status('a', done(42)), status('b', done(0))] }), 'Running');
  assert.equal(podPhase(one, { statuses: [status('a', done(1)), status('b', done(0))] }), 'Failed');
});

test('a pod that succeeded has no container that failed or runs', () => {
  const state = fc.constantFrom(RUNNING, WAITING, done(0), done(1));
  fc.assert(
    fc.property(fc.constantFrom('Always', 'OnFailure', 'Never'), state, state, (policy, a, b) => {
      const phase = podPhase(pod(policy), { statuses: [status('a', a), status('b', b)] });
      const codes = [a, b].map((one) => one.terminated?.exitCode);
      if (phase === 'Succeeded') assert.deepEqual(codes, [0, 0]);
      if (phase === 'Failed') assert.ok(codes.includes(1) && !codes.includes(undefined));
    }),
  );
});
