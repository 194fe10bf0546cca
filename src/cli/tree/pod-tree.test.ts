import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { terminalOf } from '../output/terminal.ts';
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

test("on a terminal a pod's name is bold, containers have the colours of their states, and branches stay aligned", () => {
  const pod = {
    name: 'web',
    sandbox: {} as PodSandboxStatus,
    infra: [process(10, 'pause')],
    containers: [
      { status: status('main'), processes: [process(20, 'httpd')] },
      { status: status('setup', { state: 'CONTAINER_EXITED', exitCode: 0 }), processes: [] },
      { status: status('broken', { state: 'CONTAINER_EXITED', exitCode: 3 }), processes: [] },
      { status: status('waits', { state: 'CONTAINER_CREATED' }), processes: [] },
    ],
  };
  const terminal = terminalOf({ isTTY: true } as NodeJS.WriteStream, {});
  const coloured = renderTree(podTree(pod, { threads: false }, terminal));
  assert.deepEqual(coloured.map(stripVTControlCharacters), renderTree(podTree(pod, { threads: false })));
  assert.equal(coloured[0], '\u001B[1mweb\u001B[22m─┬─\u001B[32minfra\u001B[39m────pause(10,10)');
  const text = coloured.join('\n');
  for (const [style, name] of [
    [32, 'main'],
    [2, 'setup'],
    [31, 'broken'],
    [33, 'waits'],
  ] as const)
    assert.ok(text.includes(`\u001B[${style}m${name}\u001B`), name);
});
