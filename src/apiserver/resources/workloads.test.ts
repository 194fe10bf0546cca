import assert from 'node:assert/strict';
import test from 'node:test';
import type { DaemonSet, Deployment } from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import { controllerRevisions } from './controller-revisions.ts';
import { daemonSets } from './daemon-sets.ts';
import { deployments } from './deployments.ts';
import { replicaSets } from './replica-sets.ts';
import { cells, created, createErrors, updateErrors } from './testing/strategy.ts';

const TEMPLATE = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image: 'i:1' }] },
};
const SPEC = { selector: { matchLabels: { app: 'web' } }, template: TEMPLATE };

test('a Deployment gets its defaults, and its template those of pods', () => {
  const { spec } = created(deployments, { spec: SPEC }) as Deployment;
  assert.deepEqual(
    { ...spec, template: undefined, selector: undefined },
    {
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: undefined,
      selector: undefined,
    },
  );
  assert.deepEqual(spec?.template.spec, {
    containers: [
      {
        name: 'c',
        image: 'i:1',
        imagePullPolicy: 'IfNotPresent',
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        resources: {},
      },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    securityContext: {},
  });
  assert.deepEqual(createErrors(deployments, { spec: SPEC }), []);
});

test('what is wrong with a Deployment is told with its place', () => {
  const cases: [object, string][] = [
    [{ selector: undefined }, 'spec.selector: Required value'],
    [{ selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    [
      { selector: { matchLabels: { app: 'db' } } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    [
      { template: { ...TEMPLATE, spec: { containers: [{ name: 'c' }] } } },
      'spec.template.spec.containers[0].image: Required value',
    ],
    [
      { template: { ...TEMPLATE, spec: { ...TEMPLATE.spec, restartPolicy: 'Never' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [{ replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '0%' } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
    ],
    [
      { minReadySeconds: 600 },
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
  ];
  for (const [spec, expected] of cases)
    assert.deepEqual(createErrors(deployments, { spec: { ...SPEC, ...spec } }), [expected]);
});

test('what templates ask for in vain is refused as in pods', () => {
  const template = { ...TEMPLATE, spec: { ...TEMPLATE.spec, runtimeClassName: 'x' } };
  const [error = ''] = createErrors(deployments, { spec: { ...SPEC, template } });
  assert.match(error, /^spec\.template\.spec\.runtimeClassName: Forbidden: not supported/);
});

test('selectors never change', () => {
  for (const resource of [deployments, replicaSets, daemonSets]) {
    const object = created(resource, { spec: SPEC });
    const errors = updateErrors(resource, object, (next) => {
      Object.assign(next['spec'] as object, { selector: { matchLabels: { app: 'web', tier: 'x' } } });
    });
    assert.ok(
      errors.includes(
        'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"x"}}: field is immutable',
      ),
      resource.kind,
    );
  }
});

test('a DaemonSet replaces pods either one by one or in surges', () => {
  const { spec } = created(daemonSets, { spec: SPEC }) as DaemonSet;
  assert.deepEqual(spec?.updateStrategy, {
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  });
  const of = (rollingUpdate: object) =>
    createErrors(daemonSets, { spec: { ...SPEC, updateStrategy: { type: 'RollingUpdate', rollingUpdate } } });
  assert.deepEqual(of({ maxSurge: 1 }), [
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ]);
  assert.deepEqual(of({ maxSurge: '0%', maxUnavailable: 0 }), [
    'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
  ]);
});

test('scales read and write the replicas', () => {
  const object: ApiObject = { ...created(replicaSets, { spec: SPEC }), status: { replicas: 2 } };
  const { scale } = replicaSets;
  assert.ok(scale);
  assert.equal(scale.specReplicas(object), 1);
  assert.equal(scale.statusReplicas(object), 2);
  assert.equal(scale.selector(object), 'app=web');
  assert.equal(scale.specReplicas(scale.withReplicas(object, 5)), 5);
});

test('tables show workloads as kubectl knows them', () => {
  const pods = { Containers: 'c', Images: 'i:1', Selector: 'app=web' };
  const deployment = { ...created(deployments, { spec: SPEC }), status: { readyReplicas: 1 } };
  assert.deepEqual(cells(deployments, deployment), {
    Name: 'x',
    Ready: '1/1',
    'Up-to-date': 0,
    Available: 0,
    Age: '60m',
    ...pods,
  });
  const replicaSet = created(replicaSets, { spec: SPEC });
  assert.deepEqual(cells(replicaSets, replicaSet), {
    Name: 'x',
    Desired: 1,
    Current: 0,
    Ready: 0,
    Age: '60m',
    ...pods,
  });
  assert.equal(cells(daemonSets, created(daemonSets, { spec: SPEC }))['Node Selector'], '<none>');
  const ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true },
  ];
  const revision = created(controllerRevisions, { metadata: { ownerReferences }, revision: 3, data: {} });
  assert.deepEqual(cells(controllerRevisions, revision), {
    Name: 'x',
    Controller: 'daemonset.apps/d',
    Revision: 3,
    Age: '60m',
  });
});
