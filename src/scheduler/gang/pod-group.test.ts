import assert from 'node:assert/strict';
import test from 'node:test';
import { groupKeyOf } from '../engine/pod/group-key.ts';
import { readPodGroup } from './pod-group.ts';

const metadata = { name: 'train', namespace: 'ml' };

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

test('pods name their group by field or by label', () => {
  const spec = { containers: [], schedulingGroup: { podGroupName: 'train' } };
  assert.equal(groupKeyOf({ metadata: { namespace: 'ml' }, spec }), 'ml/train');
  const labels = { 'scheduling.x-k8s.io/pod-group': 'old' };
  assert.equal(groupKeyOf({ metadata: { labels } }), 'default/old');
  assert.equal(groupKeyOf({}), undefined);
});

const NEW = { apiVersion: 'scheduling.k8s.io/v1beta1', kind: 'PodGroup', metadata };
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
  ['a list', [], /must be an object/],
];
for (const [name, group, message] of wrong) {
  test(`the wrong field of a PodGroup is named: ${name}`, () => {
    assert.throws(() => readPodGroup(group), { name: 'PeapodError', message });
  });
}
