import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processTree } from './process-tree.ts';
import { renderTree } from './render-tree.ts';

test('a tree is drawn sideways with its branches aligned', () => {
  const leaf = (label: string) => ({ label, children: [] });
  const tree = {
    label: 'pod',
    children: [
      leaf('a'),
      { label: 'b', children: [{ label: 'c', children: [leaf('d'), leaf('e')] }] },
      leaf('f'),
    ],
  };
  assert.deepEqual(renderTree(tree), ['pod─┬─a', '    ├─b───c─┬─d', '    │       └─e', '    └─f']);
});

test('processes hang on their parents with pid and process group, threads in braces', () => {
  const view = (pid: number, parentPid: number, processGroup: number, name: string) => ({
    pid,
    parentPid,
    processGroup,
    name,
    threads: [{ tid: pid, name }],
  });
  const shell = {
    ...view(10, 1, 10, 'sh'),
    threads: [
      { tid: 10, name: 'sh' },
      { tid: 11, name: 'in:imtcp' },
    ],
  };
  const processes = [shell, view(12, 10, 12, 'sleep'), view(20, 1, 20, 'exec')];
  const drawn = processTree(processes, { threads: true }).flatMap(renderTree);
  assert.deepEqual(drawn, ['sh(10,10)─┬─sleep(12,12)', '          └─{in:imtcp}(11,10)', 'exec(20,20)']);
  assert.deepEqual(processTree(processes, { threads: false })[0]?.children.length, 1);
});
