import assert from 'node:assert/strict';
import test from 'node:test';
import { podDisruptionBudgets } from './pod-disruption-budgets.ts';
import { podGroups, workloads } from './pod-groups.ts';
import { BOOTSTRAP_PRIORITY_CLASSES, priorityClasses } from './priority-classes.ts';
import { storageClasses } from './storage-classes.ts';
import { cells, created, createErrors, updateErrors } from './testing/strategy.ts';

test('high priorities are reserved for the system', () => {
  assert.deepEqual(createErrors(priorityClasses, { value: 1_000_000_001 }), [
    'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ]);
  assert.deepEqual(createErrors(priorityClasses, { metadata: { name: 'system-mine' }, value: 1 }), [
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ]);
  for (const object of BOOTSTRAP_PRIORITY_CLASSES)
    assert.deepEqual(createErrors(priorityClasses, object), []);
});

test('a priority stays as pods were given it', () => {
  const object = created(priorityClasses, { value: 5 });
  assert.deepEqual(
    updateErrors(priorityClasses, object, (next) => Object.assign(next, { value: 6 })),
    ['value: Forbidden: may not be changed in an update.'],
  );
  assert.deepEqual(
    updateErrors(priorityClasses, object, (next) => Object.assign(next, { preemptionPolicy: 'Never' })),
    ['preemptionPolicy: Invalid value: "Never": field is immutable'],
  );
  assert.deepEqual(cells(priorityClasses, object), {
    Name: 'x',
    Value: 5,
    'Global-Default': false,
    Age: '60m',
    PreemptionPolicy: 'PreemptLowerPriority',
  });
});

test('a budget says either how many stay or how many may go', () => {
  assert.deepEqual(createErrors(podDisruptionBudgets, { spec: { minAvailable: 1, maxUnavailable: 1 } }), [
    'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
  ]);
  assert.deepEqual(createErrors(podDisruptionBudgets, { spec: { minAvailable: '101%' } }), [
    'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
  ]);
  const budget = created(podDisruptionBudgets, { spec: { minAvailable: '50%' } });
  assert.deepEqual(cells(podDisruptionBudgets, budget), {
    Name: 'x',
    'Min Available': '50%',
    'Max Unavailable': 'N/A',
    'Allowed Disruptions': 0,
    Age: '60m',
  });
});

test('a storage class keeps its way of making volumes', () => {
  assert.deepEqual(createErrors(storageClasses, { provisioner: '' }), ['provisioner: Required value']);
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' };
  const object = created(storageClasses, { metadata: { annotations }, provisioner: 'peapod.dev/local' });
  assert.deepEqual(
    updateErrors(storageClasses, object, (next) =>
      Object.assign(next, { provisioner: 'x/y', volumeBindingMode: 'WaitForFirstConsumer' }),
    ),
    [
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
    ],
  );
  assert.deepEqual(cells(storageClasses, object), {
    Name: 'x (default)',
    Provisioner: 'peapod.dev/local',
    ReclaimPolicy: 'Delete',
    VolumeBindingMode: 'Immediate',
    AllowVolumeExpansion: false,
    Age: '60m',
  });
});

test('a group has one policy, and keeps it', () => {
  const of = (schedulingPolicy: object) => createErrors(podGroups, { spec: { schedulingPolicy } });
  assert.deepEqual(of({ gang: { minCount: 3 } }), []);
  assert.deepEqual(of({ gang: { minCount: 0 } }), [
    'spec.schedulingPolicy.gang.minCount: Invalid value: 0: must be greater than or equal to 1',
  ]);
  assert.deepEqual(of({}), [
    'spec.schedulingPolicy: Invalid value: {}: must specify one of: `basic`, `gang`',
  ]);
  assert.deepEqual(of({ basic: {}, gang: { minCount: 1 } }), [
    'spec.schedulingPolicy: Invalid value: "{basic, gang}": must specify exactly one of: `basic`, `gang`',
  ]);
  const group = created(podGroups, { spec: { schedulingPolicy: { basic: {} } } });
  const spec = { schedulingPolicy: { gang: { minCount: 2 } } };
  assert.deepEqual(
    updateErrors(podGroups, group, (next) => Object.assign(next, { spec })),
    [`spec: Invalid value: ${JSON.stringify(spec)}: field is immutable`],
  );
});

test('a workload has groups with names', () => {
  const schedulingPolicy = { gang: { minCount: 2 } };
  const of = (...podGroupTemplates: object[]) => createErrors(workloads, { spec: { podGroupTemplates } });
  assert.deepEqual(of({ name: 'a', schedulingPolicy }), []);
  assert.deepEqual(of(), ['spec.podGroupTemplates: Required value: must have at least one item']);
  assert.deepEqual(of({ name: 'a', schedulingPolicy }, { name: 'a', schedulingPolicy }), [
    'spec.podGroupTemplates[1]: Duplicate value: "a"',
  ]);
});
