import assert from 'node:assert/strict';
import test from 'node:test';
import type { ContainerStatus, Pod } from '../api/types.ts';
import { podRow } from './pod-printer.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');

function status(name: string, more: Partial<ContainerStatus>): ContainerStatus {
  return { name, image: 'i', imageID: 'i', ready: false, restartCount: 0, ...more };
}

const RUNNING = { running: {} };
const done = (exitCode: number, reason = '') => ({ terminated: { exitCode, reason } });
const waiting = (reason: string) => ({ waiting: { reason } });

function pod(more: Pod['status'], spec: Partial<Pod['spec']> = {}): Pod {
  return {
    metadata: { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T11:55:00Z' },
    spec: { containers: [{ name: 'a' }, { name: 'b' }], ...spec },
    status: { phase: 'Running', ...more },
  };
}

const INIT = { initContainers: [{ name: 'i' }, { name: 'j' }] };
const SIDECAR = { initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'a' }] };

/** The pod, and READY, STATUS and RESTARTS. */
const CASES: Record<string, [Pod, string, string, string]> = {
  pending: [pod({ phase: 'Pending' }), '0/2', 'Pending', '0'],
  creating: [
    pod({ phase: 'Pending', containerStatuses: [status('a', { state: waiting('ContainerCreating') })] }),
    '0/2',
    'ContainerCreating',
    '0',
  ],
  running: [
    pod({
      containerStatuses: [status('a', { ready: true, state: RUNNING }), status('b', { state: RUNNING })],
    }),
    '1/2',
    'Running',
    '0',
  ],
  crashing: [
    pod({
      containerStatuses: [
        status('a', { ready: true, state: RUNNING }),
        status('b', {
          restartCount: 3,
          state: waiting('CrashLoopBackOff'),
          lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T11:58:20Z' } },
        }),
      ],
    }),
    '1/2',
    'CrashLoopBackOff',
    '3 (100s ago)',
  ],
  completed: [
    pod({ phase: 'Succeeded', containerStatuses: [status('a', { state: done(0, 'Completed') })] }),
    '0/2',
    'Completed',
    '0',
  ],
  'half completed, not ready': [
    pod({
      containerStatuses: [
        status('a', { state: done(0, 'Completed') }),
        status('b', { ready: true, state: RUNNING }),
      ],
    }),
    '1/2',
    'NotReady',
    '0',
  ],
  'half completed, ready': [
    pod({
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        status('a', { state: done(0, 'Completed') }),
        status('b', { ready: true, state: RUNNING }),
      ],
    }),
    '1/2',
    'Running',
    '0',
  ],
  'failed with an exit code': [
    pod({ phase: 'Failed', containerStatuses: [status('a', { state: done(3) })] }),
    '0/2',
    'ExitCode:3',
    '0',
  ],
  'killed by a signal': [
    pod({
      phase: 'Failed',
      containerStatuses: [status('a', { state: { terminated: { exitCode: 137, signal: 9 } } })],
    }),
    '0/2',
    'Signal:9',
    '0',
  ],
  'OOM killed': [
    pod({ phase: 'Failed', containerStatuses: [status('a', { state: done(137, 'OOMKilled') })] }),
    '0/2',
    'OOMKilled',
    '0',
  ],
  evicted: [pod({ phase: 'Failed', reason: 'Evicted' }), '0/2', 'Evicted', '0'],
  'first init container': [
    pod(
      {
        phase: 'Pending',
        initContainerStatuses: [
          status('i', { state: RUNNING }),
          status('j', { state: waiting('PodInitializing') }),
        ],
      },
      INIT,
    ),
    '0/2',
    'Init:0/2',
    '0',
  ],
  'second init container': [
    pod(
      {
        phase: 'Pending',
        initContainerStatuses: [
          status('i', { ready: true, state: done(0, 'Completed') }),
          status('j', { state: waiting('PodInitializing') }),
        ],
      },
      INIT,
    ),
    '0/2',
    'Init:1/2',
    '0',
  ],
  'init failed': [
    pod(
      {
        phase: 'Pending',
        initContainerStatuses: [status('i', { restartCount: 1, state: done(1, 'Error') })],
      },
      INIT,
    ),
    '0/2',
    'Init:Error',
    '1',
  ],
  'init crashing': [
    pod(
      { phase: 'Pending', initContainerStatuses: [status('i', { state: waiting('CrashLoopBackOff') })] },
      INIT,
    ),
    '0/2',
    'Init:CrashLoopBackOff',
    '0',
  ],
  'init through, its restarts forgotten': [
    pod(
      {
        initContainerStatuses: [
          status('i', { restartCount: 5, state: done(0, 'Completed') }),
          status('j', { state: done(0, 'Completed') }),
        ],
        containerStatuses: [
          status('a', { ready: true, state: RUNNING }),
          status('b', { ready: true, state: RUNNING }),
        ],
      },
      INIT,
    ),
    '2/2',
    'Running',
    '0',
  ],
  'a sidecar counts': [
    pod(
      {
        initContainerStatuses: [status('s', { ready: true, started: true, restartCount: 2, state: RUNNING })],
        containerStatuses: [status('a', { ready: true, state: RUNNING })],
      },
      SIDECAR,
    ),
    '2/2',
    'Running',
    '2',
  ],
  terminating: [
    { ...pod({}), metadata: { name: 'web', deletionTimestamp: '2026-01-01T11:59:00Z' } },
    '0/2',
    'Terminating',
    '0',
  ],
  gated: [
    pod({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }],
    }),
    '0/2',
    'SchedulingGated',
    '0',
  ],
};

for (const [name, [one, ready, text, restarts]] of Object.entries(CASES)) {
  test(`${name}: ${ready} ${text} ${restarts}`, () => {
    const row = podRow(one, NOW);
    assert.deepEqual([row.ready, row.status, row.restarts], [ready, text, restarts]);
  });
}

test('a row tells age, address, node and gates', () => {
  const row = podRow(
    pod(
      { podIPs: [{ ip: '10.0.0.2' }], conditions: [{ type: 'example.com/a', status: 'True' }] },
      { nodeName: 'node-1', readinessGates: [{ conditionType: 'example.com/a' }, { conditionType: 'b' }] },
    ),
    NOW,
  );
  assert.deepEqual(
    [row.age, row.ip, row.node, row.nominatedNode, row.readinessGates],
    ['5m', '10.0.0.2', 'node-1', '<none>', '1/2'],
  );
});
