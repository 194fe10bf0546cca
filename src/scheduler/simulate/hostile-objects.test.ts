import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { PeapodError } from '../../model/errors.ts';
import { explainPod } from '../explain/explain-pod.ts';
import type { ClusterObject } from './cluster-objects.ts';
import { countFits } from './count-fits.ts';
import { drainNodes } from './drain-nodes.ts';
import { loadCluster } from './load-cluster.ts';
import { simulate } from './simulate.ts';

const LABELS = { app: 'a' };
const SELECTOR = { matchLabels: LABELS };
const OWNER = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'u', controller: true }];
const TEMPLATE = {
  metadata: { labels: LABELS },
  spec: {
    containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1', memory: '1Gi' } } }],
    tolerations: [{ key: 'x', operator: 'Exists' }],
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'claim' } }],
  },
};

const OBJECTS: readonly (readonly [string, Record<string, unknown>])[] = [
  [
    'Node',
    {
      metadata: { name: 'n', labels: { zone: 'a', 'kubernetes.io/hostname': 'n' } },
      spec: { taints: [{ key: 'y', effect: 'PreferNoSchedule' }] },
      status: { allocatable: { cpu: '4', memory: '4Gi', pods: '9' } },
    },
  ],
  ['Pod', { metadata: { name: 'p', labels: LABELS }, spec: { ...TEMPLATE.spec, priority: 5 } }],
  [
    'Pod',
    {
      metadata: { name: 'q', ownerReferences: OWNER, labels: LABELS },
      spec: { ...TEMPLATE.spec, nodeName: 'n' },
    },
  ],
  [
    'Deployment',
    { metadata: { name: 'web' }, spec: { replicas: 2, selector: SELECTOR, template: TEMPLATE } },
  ],
  [
    'StatefulSet',
    { metadata: { name: 'db' }, spec: { replicas: 1, selector: SELECTOR, template: TEMPLATE } },
  ],
  ['DaemonSet', { metadata: { name: 'd' }, spec: { selector: SELECTOR, template: TEMPLATE } }],
  ['Job', { metadata: { name: 'j' }, spec: { parallelism: 1, completions: 1, template: TEMPLATE } }],
  [
    'PodDisruptionBudget',
    { metadata: { name: 'b' }, spec: { selector: SELECTOR }, status: { disruptionsAllowed: 0 } },
  ],
  ['PriorityClass', { metadata: { name: 'high' }, value: 10, globalDefault: false }],
  ['Namespace', { metadata: { name: 'default', labels: LABELS } }],
  ['Service', { metadata: { name: 's' }, spec: { selector: LABELS } }],
  ['PersistentVolumeClaim', { metadata: { name: 'claim' }, spec: { volumeName: 'v' } }],
  [
    'PersistentVolume',
    { metadata: { name: 'v', labels: {} }, spec: { nodeAffinity: { required: { nodeSelectorTerms: [] } } } },
  ],
  [
    'StorageClass',
    { metadata: { name: 'sc' }, provisioner: 'x', volumeBindingMode: 'Immediate', allowedTopologies: [] },
  ],
  [
    'CSINode',
    { metadata: { name: 'n' }, spec: { drivers: [{ name: 'x', nodeID: 'x', allocatable: { count: 1 } }] } },
  ],
  [
    'Workload',
    {
      metadata: { name: 'w' },
      spec: { podGroupTemplates: [{ name: 't', schedulingPolicy: { gang: { minCount: 2 } } }] },
    },
  ],
  [
    'PodGroup',
    {
      apiVersion: 'scheduling.k8s.io/v1beta1',
      kind: 'PodGroup',
      metadata: { name: 'g' },
      spec: { schedulingPolicy: { gang: { minCount: 1 } } },
    },
  ],
];

const nonsense = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    -1,
    1e308,
    '',
    'x',
    '-1Gi',
    true,
    [],
    {},
    [null],
    [[]],
    { x: null },
    '__proto__',
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Replaces what stands at a random place. */
function spoil(value: unknown, path: readonly number[], by: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== 'object' || value === null) return by;
  const entries = Object.entries(value);
  if (entries.length === 0) return by;
  const [key, inner] = entries[step % entries.length] ?? ['', undefined];
  const spoiled = spoil(inner, rest, by);
  return Array.isArray(value)
    ? value.map((item: unknown, index) => (String(index) === key ? spoiled : item))
    : { ...value, [key]: spoiled };
}

function objectsWith(spoilOne: (object: unknown, index: number) => unknown): ClusterObject[] {
  return OBJECTS.map(
    ([kind, object], index) =>
      ({ kind, object: spoilOne(object, index), origin: `dump: items[${index}]` }) as ClusterObject,
  );
}

test('whatever a dump holds, a simulation ends, or tells what is wrong with where it stands', () => {
  assert.ok(simulate(loadCluster(objectsWith((object) => object))).pods.length >= 5);
  let refused = 0;
  fc.assert(
    fc.property(
      fc.nat(OBJECTS.length - 1),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 8 }),
      nonsense,
      fc.constantFrom<'pod' | 'container'>('pod', 'container'),
      fc.constantFrom([], [], ['n']),
      (which, path, by, strategy, drained) => {
        const objects = objectsWith((object, index) => (index === which ? spoil(object, path, by) : object));
        try {
          const result = simulate(loadCluster(drainNodes(objects, drained).objects, { strategy }));
          if (strategy === 'pod') countFits(result);
          for (const { pod, outcome } of result.pods)
            if (outcome === 'pending' && result.cluster.engine.handles(pod.template.schedulerName))
              explainPod(result.cluster.engine, pod);
        } catch (error) {
          if (!(error instanceof PeapodError)) throw error;
          assert.match(error.message, /^(dump: items\[\d+\]: |cannot drain node "n")/);
          refused++;
        }
      },
    ),
    { numRuns: 600 },
  );
  assert.ok(refused > 50 && refused < 580, `${refused} were refused`);
});
