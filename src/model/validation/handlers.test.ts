import assert from 'node:assert/strict';
import test from 'node:test';
import { C, containerErrors, specErrors, type ErrorCase, unexpected } from './testing/pod-errors.ts';

const CASES: readonly ErrorCase[] = [
  [
    'a probe of nothing',
    () => containerErrors({ livenessProbe: {} }),
    [`${C}.livenessProbe: Required value: must specify a handler type`],
  ],
  [
    'a probe of two things',
    () => containerErrors({ livenessProbe: { exec: { command: ['a'] }, tcpSocket: { port: 1 } } }),
    [`${C}.livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
  ],
  [
    'a probe with a line break in a header',
    () =>
      containerErrors({
        readinessProbe: { httpGet: { port: 80, httpHeaders: [{ name: 'X', value: 'a\r\nB: c' }] } },
      }),
    [/httpHeaders\[0\]\.value: Invalid value: "a\\r\\nB: c": must not contain control characters/],
  ],
  [
    'a liveness success threshold',
    () => containerErrors({ livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } }),
    [`${C}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
  ],
  [
    'a negative period',
    () => containerErrors({ readinessProbe: { exec: { command: ['a'] }, periodSeconds: -1 } }),
    [`${C}.readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`],
  ],
  [
    'a grace period of readiness',
    () => containerErrors({ readinessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 1 } }),
    [/must not be set for readinessProbes/],
  ],
  [
    'a hook that sleeps too long',
    () => containerErrors({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    [
      `${C}.lifecycle.preStop.sleep.seconds: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`,
    ],
  ],
  [
    'a stop signal without OS',
    () => containerErrors({ lifecycle: { stopSignal: 'SIGUSR1' } }),
    [/stopSignal: Forbidden: may not be set for containers with empty `spec\.os\.name`/],
  ],
  [
    'a stop signal that there is',
    () => containerErrors({ lifecycle: { stopSignal: 'SIGRTMIN+3' } }, { os: { name: 'linux' } }),
    [],
  ],
  [
    'a probe of an init container',
    () =>
      specErrors({
        initContainers: [{ name: 'i', image: 'i', livenessProbe: { exec: { command: ['a'] } } }],
      }),
    [
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ],
  [
    'a probe of a sidecar',
    () =>
      specErrors({
        initContainers: [
          { name: 'i', image: 'i', restartPolicy: 'Always', livenessProbe: { exec: { command: ['a'] } } },
        ],
      }),
    [],
  ],
];

for (const [name, errors, expected] of CASES) {
  test(`${name}: ${expected.length === 0 ? 'fine' : 'refused by name'}`, () => {
    assert.deepEqual(unexpected(errors(), expected), []);
  });
}
