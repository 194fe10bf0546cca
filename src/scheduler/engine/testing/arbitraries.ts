/** Random clusters and pods, small enough that rules meet each other often. */
import * as fc from 'fast-check';
import type {
  LabelSelector,
  Node,
  NodeSelectorTerm,
  Pod,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from '../../../model/api/types.ts';

const APPS = ['a', 'b', 'c'];
const KEYS = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone', 'rack'];
const NAMESPACES = ['default', 'other'];

/** There as `weight` is to 2. */
const optional = <T>(arbitrary: fc.Arbitrary<T>, weight = 2): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight, arbitrary }, { weight: 2, arbitrary: fc.constant(undefined) });

/** Without the properties that are undefined. */
function compact<T extends object>(object: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}

const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record(model).map((value) => compact(value as object));

const app = fc.constantFrom(...APPS);

const labelSelector = fc.oneof(
  { weight: 6, arbitrary: app.map((value): LabelSelector => ({ matchLabels: { app: value } })) },
  { weight: 1, arbitrary: fc.constant<LabelSelector>({}) },
  {
    weight: 3,
    arbitrary: fc
      .record({
        key: fc.constantFrom('app', 'tier'),
        operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
        values: fc.subarray(['a', 'b', 'x'], { minLength: 1 }),
      })
      .map(({ key, operator, values }): LabelSelector => {
        const takesValues = operator === 'In' || operator === 'NotIn';
        return { matchExpressions: [{ key, operator, ...(takesValues && { values }) }] };
      }),
  },
);

const topologyKey = fc.constantFrom(...KEYS);

const affinityTerm = record({
  topologyKey,
  labelSelector: optional(labelSelector, 9),
  namespaces: optional(fc.subarray(NAMESPACES, { minLength: 1 }), 1),
  namespaceSelector: optional(
    fc.constantFrom<LabelSelector>({}, { matchLabels: { team: 'red' } }, { matchLabels: { team: 'blue' } }),
    1,
  ),
  matchLabelKeys: optional(fc.constant(['tier']), 1),
  mismatchLabelKeys: optional(fc.constant(['tier']), 1),
}) as fc.Arbitrary<PodAffinityTerm>;

const weightedTerm = fc.record({ weight: fc.integer({ min: 1, max: 100 }), podAffinityTerm: affinityTerm });

function podTerms() {
  return record({
    requiredDuringSchedulingIgnoredDuringExecution: optional(
      fc.array(affinityTerm, { minLength: 1, maxLength: 2 }),
      1,
    ),
    preferredDuringSchedulingIgnoredDuringExecution: optional(
      fc.array(weightedTerm, { minLength: 1, maxLength: 2 }),
      1,
    ),
  });
}

const nodeTerm: fc.Arbitrary<NodeSelectorTerm> = fc.oneof(
  fc.constantFrom<NodeSelectorTerm>(
    { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] },
    { matchExpressions: [{ key: 'disk', operator: 'NotIn', values: ['ssd'] }] },
    { matchExpressions: [{ key: 'rack', operator: 'Exists' }] },
    { matchExpressions: [{ key: 'rack', operator: 'DoesNotExist' }] },
    { matchExpressions: [{ key: 'size', operator: 'Gt', values: ['3'] }] },
    { matchExpressions: [{ key: 'size', operator: 'Lt', values: ['3'] }] },
    { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }] },
    { matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['node-0'] }] },
    {},
  ),
);

const nodeAffinity = record({
  requiredDuringSchedulingIgnoredDuringExecution: optional(
    fc.array(nodeTerm, { minLength: 1, maxLength: 2 }).map((nodeSelectorTerms) => ({ nodeSelectorTerms })),
    1,
  ),
  preferredDuringSchedulingIgnoredDuringExecution: optional(
    fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), preference: nodeTerm }), {
      minLength: 1,
      maxLength: 3,
    }),
    1,
  ),
});

const spread = record({
  topologyKey,
  maxSkew: fc.integer({ min: 1, max: 3 }),
  whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
  labelSelector: optional(labelSelector, 9),
  minDomains: optional(fc.integer({ min: 1, max: 4 }), 1),
  nodeAffinityPolicy: optional(fc.constantFrom('Honor', 'Ignore'), 1),
  nodeTaintsPolicy: optional(fc.constantFrom('Honor', 'Ignore'), 1),
  matchLabelKeys: optional(fc.constant(['tier']), 1),
}).map((constraint) => {
  const typed = constraint as TopologySpreadConstraint;
  if (typed.whenUnsatisfiable === 'ScheduleAnyway') delete typed.minDomains;
  return typed;
});

const toleration = fc.constantFrom(
  { key: 'dedicated', operator: 'Exists' },
  { key: 'dedicated', operator: 'Equal', value: 'x', effect: 'NoSchedule' },
  { operator: 'Exists', effect: 'PreferNoSchedule' },
  { operator: 'Exists' },
);

const requests = record({
  cpu: optional(fc.constantFrom('0', '100m', '500m', '1', '1500m'), 4),
  memory: optional(fc.constantFrom('0', '128Mi', '512Mi', '1Gi', '3000000'), 4),
  'example.com/gpu': optional(fc.constantFrom('1', '2'), 1),
}) as fc.Arbitrary<Record<string, string>>;

const container = record({
  name: fc.constant('c'),
  image: fc.constantFrom('app', 'app:v1', 'registry:5000/db'),
  resources: requests.map((list) => ({ requests: list })),
  restartPolicy: fc.constant(undefined),
  ports: optional(
    fc.array(
      record({
        containerPort: fc.constant(80),
        hostPort: fc.constantFrom(0, 80, 81),
        hostIP: optional(fc.constantFrom('127.0.0.1', '10.0.0.1'), 1),
        protocol: optional(fc.constantFrom('TCP', 'UDP'), 1),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    1,
  ),
});

export const podSpecs = record({
  containers: fc.array(container, { minLength: 1, maxLength: 2 }),
  initContainers: optional(
    fc.array(
      fc.tuple(container, fc.boolean()).map(([init, sidecar]) => {
        const { ports: _ports, ...rest } = init as { ports?: unknown };
        return sidecar ? { ...rest, restartPolicy: 'Always' } : rest;
      }),
      { minLength: 1, maxLength: 2 },
    ),
    1,
  ),
  overhead: optional(fc.constant({ cpu: '50m' }), 1),
  nodeSelector: optional(fc.constantFrom({ disk: 'ssd' }, { disk: 'hdd' }), 1),
  tolerations: optional(fc.array(toleration, { minLength: 1, maxLength: 2 }), 1),
  affinity: optional(
    record({
      nodeAffinity: optional(nodeAffinity, 1),
      podAffinity: optional(podTerms(), 1),
      podAntiAffinity: optional(podTerms(), 1),
    }),
    2,
  ),
  topologySpreadConstraints: optional(fc.array(spread, { minLength: 1, maxLength: 2 }), 1),
}) as fc.Arbitrary<NonNullable<Pod['spec']>>;

/** Pods of few templates, so that templates come again. */
export const podSequences: fc.Arbitrary<Pod[]> = fc
  .array(
    fc.record({
      spec: podSpecs,
      labels: record({ app: optional(app, 5), tier: optional(fc.constantFrom('x', 'y'), 1) }),
      namespace: fc.constantFrom('default', 'default', 'other'),
      terminating: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .chain((templates) =>
    fc.array(fc.constantFrom(...templates), { minLength: 1, maxLength: 14 }).map((sequence) =>
      sequence.map(({ spec, labels, namespace, terminating }, index) => ({
        metadata: {
          name: `pod-${index}`,
          namespace,
          labels: labels as Record<string, string>,
          ...(terminating && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
        },
        spec,
      })),
    ),
  );

const taint = fc.constantFrom(
  { key: 'dedicated', value: 'x', effect: 'NoSchedule' },
  { key: 'dedicated', value: 'y', effect: 'NoExecute' },
  { key: 'old', effect: 'PreferNoSchedule' },
  { key: 'dedicated', value: 'x', effect: 'PreferNoSchedule' },
);

const nodeParts = fc.record({
  labels: record({
    'topology.kubernetes.io/zone': optional(fc.constantFrom('z1', 'z2', 'z3'), 8),
    rack: optional(fc.constantFrom('r1', 'r2'), 1),
    disk: optional(fc.constantFrom('ssd', 'hdd'), 1),
    size: optional(fc.constantFrom('2', '3', '4'), 1),
  }),
  hasHostname: fc.integer({ min: 0, max: 9 }).map((value) => value > 0),
  taints: optional(fc.array(taint, { minLength: 1, maxLength: 2 }), 1),
  unschedulable: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
  allocatable: record({
    cpu: fc.constantFrom('2', '4', '3500m'),
    memory: fc.constantFrom('2Gi', '4Gi', '0'),
    pods: fc.constantFrom('3', '110'),
    'example.com/gpu': optional(fc.constantFrom('2', '4'), 1),
  }),
  images: fc.subarray([
    { names: ['app:latest', 'app@sha256:1'], sizeBytes: 300 * 2 ** 20 },
    { names: ['app:v1'], sizeBytes: 800 * 2 ** 20 },
    { names: ['registry:5000/db:latest'], sizeBytes: 1500 * 2 ** 20 },
  ]),
});

export const nodeLists: fc.Arbitrary<Node[]> = fc
  .array(nodeParts, { minLength: 1, maxLength: 6 })
  .map((list) =>
    list.map(({ labels, hasHostname, taints, unschedulable, allocatable, images }, index): Node => {
      const name = `node-${index}`;
      return {
        metadata: { name, labels: { ...labels, ...(hasHostname && { 'kubernetes.io/hostname': name }) } },
        spec: { unschedulable, ...(taints && { taints }) },
        status: { allocatable: allocatable as Record<string, string>, images },
      };
    }),
  );

export const NAMESPACE_LABELS = { default: { team: 'red' }, other: { team: 'blue' } };
