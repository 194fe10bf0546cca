import assert from 'node:assert/strict';
import test from 'node:test';
import type { Node, NodeCondition } from '../../model/api/types.ts';
import { wantedTaints } from './condition-taints.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function node(conditions: Record<string, string>, spec: Node['spec'] = {}): Node {
  const list = Object.entries(conditions).map(([type, status]): NodeCondition => ({ type, status }));
  return { metadata: { name: 'n' }, spec, status: { conditions: list } };
}

const words = (one: Node, mayEvict = true) =>
  wantedTaints(one, mayEvict, NOW).map(
    ({ key, effect }) => `${key.replace('node.kubernetes.io/', '')} ${effect}`,
  );

const CASES: [string, Node, string[]][] = [
  ['a node in health', node({ Ready: 'True', MemoryPressure: 'False' }), []],
  ['a node that is not ready', node({ Ready: 'False' }), ['not-ready NoSchedule', 'not-ready NoExecute']],
  ['a silent node', node({ Ready: 'Unknown' }), ['unreachable NoSchedule', 'unreachable NoExecute']],
  [
    'a node under pressure',
    node({ Ready: 'True', MemoryPressure: 'True', DiskPressure: 'True', PIDPressure: 'True' }),
    ['memory-pressure NoSchedule', 'disk-pressure NoSchedule', 'pid-pressure NoSchedule'],
  ],
  ['a cordoned node', node({ Ready: 'True' }, { unschedulable: true }), ['unschedulable NoSchedule']],
  [
    'a node that has come back',
    node(
      { Ready: 'True' },
      {
        taints: [
          { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' },
          { key: 'gpu', effect: 'NoSchedule' },
        ],
      },
    ),
    ['gpu NoSchedule'],
  ],
];

for (const [name, one, expected] of CASES)
  test(`the taints of ${name}`, () => {
    assert.deepEqual(words(one), expected);
  });

test('where nobody is to be sent away a lost node only takes no more', () => {
  assert.deepEqual(words(node({ Ready: 'Unknown' }), false), ['unreachable NoSchedule']);
});

test('a taint that is there keeps its time', () => {
  const timeAdded = '2025-01-01T00:00:00Z';
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded };
  const taints = wantedTaints(node({ Ready: 'False' }, { taints: [taint] }), true, NOW);
  assert.deepEqual(
    taints.map((one) => one.timeAdded),
    [timeAdded, '2026-01-01T00:00:00Z'],
  );
});
