import assert from 'node:assert/strict';
import test from 'node:test';
import { defaultProfile } from '../engine/profile.ts';
import { SchedulingEngine } from '../engine/schedule-pod.ts';
import { ClusterSnapshot } from '../engine/snapshot.ts';
import { readConfiguration } from './read-configuration.ts';

const HEAD = 'apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n';

function summary(text: string, profile = 0) {
  const { filters = [], scorers = [] } = readConfiguration(HEAD + text).profiles[profile] ?? {};
  return {
    filters: filters.map(({ name }) => name),
    scorers: Object.fromEntries(scorers.map(({ plugin, weight }) => [plugin.name, weight])),
  };
}

test('an empty configuration is the default profile', () => {
  const { filters, scorers } = defaultProfile();
  assert.deepEqual(summary(''), {
    filters: filters.map(({ name }) => name),
    scorers: Object.fromEntries(scorers.map(({ plugin, weight }) => [plugin.name, weight])),
  });
});

test('plugins are turned off, on and weighed at one point or at all', () => {
  const { filters, scorers } = summary(`profiles:
- schedulerName: mine
  plugins:
    multiPoint:
      disabled: [{name: ImageLocality}]
      enabled: [{name: TaintToleration, weight: 7}]
    filter:
      disabled: [{name: NodePorts}]
    score:
      disabled: [{name: '*'}]
      enabled: [{name: NodeResourcesFit, weight: 5}, {name: TaintToleration}]
`);
  assert.ok(!filters.includes('NodePorts'));
  assert.ok(filters.includes('TaintToleration'));
  assert.deepEqual(scorers, { NodeResourcesFit: 5, TaintToleration: 3 });
});

test('several profiles pack and spread by their own arguments', () => {
  const { profiles, queue } = readConfiguration(`${HEAD}podInitialBackoffSeconds: 2
profiles:
- schedulerName: default-scheduler
- schedulerName: packer
  pluginConfig:
  - name: NodeResourcesFit
    args:
      scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}
`);
  assert.deepEqual(queue, { initialBackoffMs: 2000 });
  const snapshot = new ClusterSnapshot();
  for (const name of ['empty', 'half']) {
    snapshot.addNode({
      metadata: { name },
      status: { allocatable: { cpu: '4', memory: '4Gi', pods: '10' } },
    });
  }
  const requests = { cpu: '1', memory: '1Gi' };
  const containers = [{ name: 'c', resources: { requests } }];
  snapshot.addPod({ metadata: { name: 'first' }, spec: { containers, nodeName: 'half' } });
  const engine = new SchedulingEngine(snapshot, { profiles });
  const nodeFor = (schedulerName: string) => {
    const decision = engine.decide(
      snapshot.readPod({ metadata: { name: 'p' }, spec: { containers, schedulerName } }),
    );
    return decision.outcome === 'placed' ? decision.node : undefined;
  };
  assert.equal(nodeFor('default-scheduler'), 'empty');
  assert.equal(nodeFor('packer'), 'half');
  assert.throws(() => nodeFor('nobody'), /spec.schedulerName: Not found: "nobody"/);
});

const wrong: [string, RegExp][] = [
  ['profile: []', /profile: Unsupported value/],
  ['profiles: 3', /profiles: Invalid value: 3: must be a list/],
  ['profiles: [{name: x}]', /profiles\[0\]\.name: Unsupported value/],
  [
    'profiles: [{plugins: {score: {enabled: [{name: Nope}]}}}]',
    /profiles\[0\]\.plugins\.score\.enabled\[0\]\.name/,
  ],
  [
    'profiles: [{plugins: {score: {enabled: [{name: ImageLocality, weight: .nan}]}}}]',
    /profiles\[0\]\.plugins\.score\.enabled\[0\]\.weight: Invalid value: "NaN"/,
  ],
  [
    'profiles: [{pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: Best}}}]}]',
    /profiles\[0\]\.pluginConfig\[0\]\.args\.scoringStrategy\.type: Unsupported value: "Best"/,
  ],
  [
    'profiles: [{pluginConfig: [{name: InterPodAffinity, args: {hardPodAffinityWeight: 101}}]}]',
    /args\.hardPodAffinityWeight: Invalid value: 101/,
  ],
  [
    'profiles: [{schedulerName: a}, {schedulerName: a}]',
    /profiles\[1\]\.schedulerName: Duplicate value: "a"/,
  ],
  ['extenders: [{urlPrefix: "http://x"}]', /extenders: Forbidden/],
  [
    'profiles: [{plugins: {bind: {disabled: [{name: DefaultBinder}]}}}]',
    /profiles\[0\]\.plugins\.bind: Forbidden/,
  ],
  ['podMaxBackoffSeconds: 0', /podMaxBackoffSeconds: Invalid value: 0/],
  ['profiles: [', /cannot read KubeSchedulerConfiguration/],
];
for (const [text, message] of wrong) {
  test(`the wrong field is named in ${text}`, () => {
    assert.throws(() => readConfiguration(HEAD + text), { name: 'PeapodError', message });
  });
}

test('another version is refused', () => {
  assert.throws(
    () => readConfiguration('apiVersion: v1\nkind: Pod\n'),
    /apiVersion: Unsupported value: "v1"/,
  );
});
