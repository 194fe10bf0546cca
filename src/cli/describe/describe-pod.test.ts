import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Pod } from '../../model/api/types.ts';
import { describePod } from './describe-pod.ts';

const pod: Pod = {
  metadata: { name: 'web', namespace: 'default', labels: { app: 'web', tier: 'front' } },
  spec: {
    nodeName: 'n1',
    containers: [
      {
        name: 'main',
        image: 'nginx',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'P', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
        livenessProbe: { httpGet: { port: 80, path: '/ok' } },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
    ],
    volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }],
  },
  status: {
    phase: 'Running',
    podIP: '10.0.0.2',
    podIPs: [{ ip: '10.0.0.2' }],
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
    containerStatuses: [
      {
        name: 'main',
        image: 'nginx',
        imageID: 'sha256:1',
        ready: false,
        restartCount: 1,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { exitCode: 1, reason: 'Error' } },
      },
    ],
  },
};

test('a pod is described in the order and words of kubectl', () => {
  const event = {
    type: 'Warning',
    reason: 'BackOff',
    message: 'Back-off',
    count: 3,
    source: { component: 'peapod' },
  } as Event;
  const lines = describePod(pod, [event], () => '5s').split('\n');
  const starting = (start: string) =>
    lines
      .find((line) => line.trimStart().startsWith(start))
      ?.trim()
      .replace(/\s+/g, ' ');
  assert.equal(starting('Name:'), 'Name: web');
  assert.equal(lines[lines.findIndex((line) => line.startsWith('Labels:')) + 1]?.trim(), 'tier=front');
  assert.equal(starting('State:'), 'State: Waiting');
  assert.equal(starting('Reason:'), 'Reason: CrashLoopBackOff');
  assert.equal(starting('Last State:'), 'Last State: Terminated');
  assert.equal(
    starting('Liveness:'),
    'Liveness: http-get http://:80/ok delay=0s timeout=1s period=10s #success=1 #failure=3',
  );
  assert.equal(starting('Environment:'), "Environment: P: <set to the key 'k' in secret 's'>");
  assert.equal(starting('Mounts:'), 'Mounts: /data from data (rw)');
  assert.equal(starting('Ready: '), 'Ready: False');
  assert.equal(starting('Warning'), 'Warning BackOff 5s (x3 over 5s) peapod Back-off');
});

test('a pod of which nothing is known yet is described too', () => {
  const text = describePod({ metadata: { name: 'x' }, spec: { containers: [{ name: 'a' }] } }, [], () => '');
  assert.match(text, /Status: +Pending/);
  assert.match(text, /Events: {2}<none>/);
});
