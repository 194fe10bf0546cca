import assert from 'node:assert/strict';
import test from 'node:test';
import { groupKeyOf } from '../engine/pod/group-key.ts';
import type { Pod } from '../../model/api/types.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { planGangPreemption } from './gang-preemption.ts';
import { gangPriority, readPodGroup } from './pod-group.ts';

const metadata = { name: 'train', namespace: 'ml' };
const NEW = { apiVersion: 'scheduling.k8s.io/v1beta1', kind: 'PodGroup', metadata };

test('PodGroups of all three versions are read', () => {
  for (const apiVersion of ['scheduling.k8s.io/v1alpha2', 'scheduling.k8s.io/v1beta1']) {
    const spec = {
      schedulingPolicy: { gang: { minCount: 3 } },
      schedulingConstraints: { topology: [{ key: 'rack' }] },
    };
    assert.deepEqual(readPodGroup({ apiVersion, kind: 'PodGroup', metadata, spec }), {
      key: 'ml/train',
      minCount: 3,
      topologyKey: 'rack',
    });
  }
  const apiVersion = 'scheduling.x-k8s.io/v1alpha1';
  const old = { apiVersion, kind: 'PodGroup', metadata, spec: { minMember: 2, scheduleTimeoutSeconds: 10 } };
  assert.deepEqual(readPodGroup(old), { key: 'ml/train', minCount: 2, topologyKey: undefined });
});

test('a PodGroup may say what the priority of its pods is, by number or by class', () => {
  const spec = { schedulingPolicy: { gang: { minCount: 1 } } };
  const read = (more: object) => readPodGroup({ ...NEW, spec: { ...spec, ...more } });
  const classes = new Map([['fast', { value: 7 }]]);
  assert.equal(gangPriority(read({}), classes), undefined);
  assert.equal(gangPriority(read({ priority: -3, priorityClassName: 'fast' }), classes), -3);
  assert.equal(gangPriority(read({ priorityClassName: 'fast' }), classes), 7);
  assert.equal(gangPriority(read({ priorityClassName: 'system-node-critical' }), classes), 2_000_001_000);
  assert.throws(() => gangPriority(read({ priorityClassName: 'slow' }), classes), {
    name: 'PeapodError',
    message: /spec\.priorityClassName: Not found: "slow"/,
  });
});

test('the priority of a PodGroup is that of its pods, waiting and on nodes', () => {
  const snapshot = new ClusterSnapshot();
  snapshot.addNode({ metadata: { name: 'n' }, status: { allocatable: { pods: '1' } } });
  snapshot.objects.gangPriorities.set('ml/train', 5);
  const pod = (name: string, podGroupName: string): Pod => ({
    metadata: { name, namespace: 'ml' },
    spec: { priority: 1, containers: [{ name: 'c' }], schedulingGroup: { podGroupName } },
  });
  const engine = new SchedulingEngine(snapshot);
  const other = pod('q', 'other');
  snapshot.addPod({ ...other, spec: { containers: [{ name: 'c' }], ...other.spec, nodeName: 'n' } });
  const members = [snapshot.readPod(pod('p', 'train'))];
  assert.equal(members[0]?.priority, 5);
  const gang = { key: 'ml/train', minCount: 1, topologyKey: undefined };
  assert.deepEqual(
    planGangPreemption(engine, gang, members)?.victims.map(({ name }) => name),
    ['q'],
  );
  snapshot.objects.gangPriorities.delete('ml/train');
  assert.equal(planGangPreemption(engine, gang, [snapshot.readPod(pod('p', 'train'))]), undefined);
});

test('pods name their group by field or by label', () => {
  const spec = { containers: [], schedulingGroup: { podGroupName: 'train' } };
  assert.equal(groupKeyOf({ metadata: { namespace: 'ml' }, spec }), 'ml/train');
  const labels = { 'scheduling.x-k8s.io/pod-group': 'old' };
  assert.equal(groupKeyOf({ metadata: { labels } }), 'default/old');
  assert.equal(groupKeyOf({}), undefined);
});

const wrong: [string, unknown, RegExp][] = [
  ['no policy', { ...NEW, spec: {} }, /spec\.schedulingPolicy: Required value/],
  [
    'an empty gang',
    { ...NEW, spec: { schedulingPolicy: { gang: { minCount: 0 } } } },
    /spec\.schedulingPolicy\.gang\.minCount: Invalid value: 0/,
  ],
  ['no count', { ...NEW, spec: { schedulingPolicy: { gang: {} } } }, /gang\.minCount: Required value/],
  [
    'a group in a group',
    { ...NEW, spec: { schedulingPolicy: { basic: {} }, parentGroup: 'train' } },
    /spec\.parentGroup: Unsupported value/,
  ],
  [
    'two topologies',
    {
      ...NEW,
      spec: {
        schedulingPolicy: { basic: {} },
        schedulingConstraints: { topology: [{ key: 'a' }, { key: 'b' }] },
      },
    },
    /spec\.schedulingConstraints\.topology: Too many: 2/,
  ],
  ['another version', { ...NEW, apiVersion: 'v1', spec: {} }, /apiVersion: Unsupported value: "v1"/],
  [
    'a priority beyond 32 bits',
    { ...NEW, spec: { schedulingPolicy: { basic: {} }, priority: 2 ** 40 } },
    /spec\.priority: Invalid value: 1099511627776/,
  ],
  [
    'a class that is no name',
    { ...NEW, spec: { schedulingPolicy: { basic: {} }, priorityClassName: 7 } },
    /spec\.priorityClassName: Invalid value: 7/,
  ],
  ['a list', [], /must be an object/],
];
for (const [name, group, message] of wrong) {
  test(`the wrong field of a PodGroup is named: ${name}`, () => {
    assert.throws(() => readPodGroup(group), { name: 'PeapodError', message });
  });
}
