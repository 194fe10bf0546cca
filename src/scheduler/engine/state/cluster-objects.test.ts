import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import type {
  CSINode,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  StorageClass,
} from '../../../model/api/types.ts';
import { planPreemption } from '../preemption.ts';
import { SchedulingEngine } from '../schedule-pod.ts';
import { ClusterSnapshot } from '../snapshot.ts';
import { damaged, tolerate } from '../testing/damaged.ts';
import { ClusterObjects } from './cluster-objects.ts';

const inA = [{ key: 'a', operator: 'In', values: ['b'] }];
const budget: PodDisruptionBudget = {
  metadata: { name: 'b', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'a' }, matchExpressions: inA } },
  status: {
    disruptionsAllowed: 1,
    disruptedPods: { gone: '2026-01-01T00:00:00Z' },
    currentHealthy: 1,
    desiredHealthy: 1,
    expectedPods: 1,
  },
};
const volume: PersistentVolume = {
  metadata: { name: 'v', labels: { 'topology.kubernetes.io/zone': 'a__b' } },
  spec: {
    csi: { driver: 'd', volumeHandle: 'h' },
    nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: inA }] } },
  },
};
const claim: PersistentVolumeClaim = {
  metadata: { name: 'c' },
  spec: { volumeName: 'v', storageClassName: 's', accessModes: ['ReadWriteOncePod'] },
};
const storageClass: StorageClass = {
  metadata: { name: 's' },
  provisioner: 'd',
  volumeBindingMode: 'WaitForFirstConsumer',
  allowedTopologies: [{ matchLabelExpressions: [{ key: 'a', values: ['b'] }] }],
};
const csiNode: CSINode = {
  metadata: { name: 'n' },
  spec: { drivers: [{ name: 'd', nodeID: 'n', allocatable: { count: 1 } }] },
};
const priorityClass: PriorityClass = {
  value: 5,
  globalDefault: true,
  preemptionPolicy: 'PreemptLowerPriority',
};

const wrong: [string, (objects: ClusterObjects) => void, RegExp][] = [
  [
    'a budget with an unknown operator',
    ({ disruptionBudgets }) =>
      disruptionBudgets.set('b', {
        spec: { selector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } },
      }),
    /spec\.selector\.matchExpressions\[0\]\.operator: Unsupported value: "Near"/,
  ],
  [
    'a priority that is no number',
    ({ priorityClasses }) => priorityClasses.set('p', { value: Number.NaN }),
    /value: Invalid value/,
  ],
  [
    'an unknown preemption policy',
    ({ priorityClasses }) => priorityClasses.set('p', { value: 1, preemptionPolicy: 'Maybe' }),
    /preemptionPolicy: Unsupported value: "Maybe"/,
  ],
  [
    'a volume whose affinity has an unknown operator',
    ({ volumes }) =>
      volumes.set('v', {
        spec: {
          nodeAffinity: {
            required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Near' }] }] },
          },
        },
      }),
    /spec\.nodeAffinity\.required\.nodeSelectorTerms\[0\]\.matchExpressions\[0\]\.operator: Unsupported value/,
  ],
];
for (const [name, add, message] of wrong) {
  test(`the wrong field is named: ${name}`, () => {
    assert.throws(() => add(new ClusterObjects()), { name: 'PeapodError', code: 'Invalid', message });
  });
}

const waiting: Pod = {
  metadata: { name: 'p' },
  spec: {
    containers: [{ name: 'c' }],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
  },
};

test('no object of the cluster makes the engine throw anything but errors that name what is wrong', () => {
  const objects = fc.constant({ budget, volume, claim, storageClass, csiNode, priorityClass });
  let accepted = 0;
  fc.assert(
    fc.property(damaged(objects), fc.boolean(), (given, withVolume) => {
      const snapshot = new ClusterSnapshot();
      const engine = new SchedulingEngine(snapshot);
      snapshot.addNode({
        metadata: { name: 'n', labels: { a: 'b' } },
        status: { allocatable: { pods: '1' } },
      });
      snapshot.addPod({
        metadata: { name: 'old', labels: { app: 'a', a: 'b' } },
        spec: { priority: -5, nodeName: 'n', containers: [{ name: 'c' }] },
      });
      const known = snapshot.objects;
      tolerate(() => known.disruptionBudgets.set('default/b', given.budget));
      tolerate(() => known.claims.set('default/c', given.claim));
      if (withVolume) tolerate(() => known.volumes.set('v', given.volume));
      tolerate(() => known.storageClasses.set('s', given.storageClass));
      tolerate(() => known.csiNodes.set('n', given.csiNode));
      tolerate(() => known.priorityClasses.set('pc', given.priorityClass));
      snapshot.objectsChanged();
      accepted += known.disruptionBudgets.size + known.claims.size + known.csiNodes.size;
      for (const pod of [waiting, { ...waiting, spec: { containers: [{ name: 'c' }] } }]) {
        tolerate(() => {
          const info = snapshot.readPod(pod);
          engine.decide(info);
          engine.explain(info);
          planPreemption(engine, info);
        });
      }
    }),
    { numRuns: Number(process.env['SCHEDULER_RUNS'] ?? 300) },
  );
  assert.ok(accepted > 0, 'sound objects are taken');
});
