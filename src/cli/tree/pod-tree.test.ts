import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStatus, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import { podTree } from './pod-tree.ts';
import { renderTree } from './render-tree.ts';

const status = (name: string, more: Partial<ContainerStatus> = {}) =>
  ({ metadata: { name, attempt: 0 }, state: 'CONTAINER_RUNNING', ...more }) as ContainerStatus;
const process = (pid: number, name: string, parentPid = 1) => ({
  pid,
  parentPid,
  processGroup: pid,
  name,
  threads: [],
});

test('a pod is drawn with the infra container first and an ended container named as such', () => {
  const tree = podTree(
    {
      name: 'rsyslogd',
      sandbox: {} as PodSandboxStatus,
      infra: [process(10, 'pause')],
      containers: [
        { status: status('main'), processes: [process(20, 'rsyslogd'), process(21, 'sh', 20)] },
        { status: status('job', { state: 'CONTAINER_EXITED', exitCode: 3 }), processes: [] },
      ],
    },
    { threads: false },
  );
  assert.deepEqual(renderTree(tree), [
    'rsyslogd─┬─infra───pause(10,10)',
    '         ├─main────rsyslogd(20,20)───sh(21,21)',
    '         └─job   (ended, exit code 3)',
  ]);
});
