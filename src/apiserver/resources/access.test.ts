import assert from 'node:assert/strict';
import test from 'node:test';
import type { ApiObject } from '../api-object.ts';
import type { Resource } from '../resource.ts';
import { leases } from './leases.ts';
import { namespaces } from './namespaces.ts';
import { rbacResources } from './rbac.ts';
import { serviceAccounts } from './service-accounts.ts';
import { cells, created, createErrors, updateErrors } from './testing/strategy.ts';

function rbac(kind: string): Resource {
  const resource = rbacResources.find((one) => one.kind === kind);
  assert.ok(resource);
  return resource;
}

test('a namespace is active, and known by its name', () => {
  const namespace = created(namespaces, { metadata: { name: 'x' } });
  assert.deepEqual(namespace['status'], { phase: 'Active' });
  assert.deepEqual(namespace['spec'], { finalizers: ['kubernetes'] });
  assert.deepEqual(namespace.metadata?.labels, { 'kubernetes.io/metadata.name': 'x' });
  assert.deepEqual(cells(namespaces, namespace), { Name: 'x', Status: 'Active', Age: '60m' });
});

test('a lease lasts for some time', () => {
  assert.deepEqual(createErrors(leases, { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }), [
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ]);
  const lease = created(leases, { spec: { holderIdentity: 'node-1' } });
  assert.deepEqual(cells(leases, lease), { Name: 'x', Holder: 'node-1', Age: '60m' });
});

test('a rule is about resources or about paths', () => {
  const cases: [string, ApiObject, string[]][] = [
    ['Role', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }, []],
    [
      'Role',
      { rules: [{ verbs: [], apiGroups: [''], resources: ['pods'] }] },
      ['rules[0].verbs: Required value: verbs must contain at least one value'],
    ],
    [
      'Role',
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }] },
      [
        'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs',
      ],
    ],
    ['ClusterRole', { rules: [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }] }, []],
    [
      'ClusterRole',
      { rules: [{ verbs: ['get'] }] },
      [
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
  ];
  for (const [kind, object, expected] of cases) assert.deepEqual(createErrors(rbac(kind), object), expected);
});

test('a binding keeps its role', () => {
  const bindings = rbac('RoleBinding');
  const binding = created(bindings, {
    roleRef: { kind: 'ClusterRole', name: 'view' },
    subjects: [
      { kind: 'User', name: 'ann' },
      { kind: 'ServiceAccount', name: 'robot', namespace: 'ci' },
    ],
  });
  assert.deepEqual(
    updateErrors(bindings, binding, (next) =>
      Object.assign(next, { roleRef: { kind: 'ClusterRole', name: 'admin' } }),
    ),
    [
      'roleRef: Invalid value: {"kind":"ClusterRole","name":"admin","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
    ],
  );
  assert.deepEqual(cells(bindings, binding), {
    Name: 'x',
    Role: 'ClusterRole/view',
    Age: '60m',
    Users: 'ann',
    Groups: '',
    ServiceAccounts: 'ci/robot',
  });
  const [error] = createErrors(rbac('ClusterRoleBinding'), { roleRef: { kind: 'Role', name: 'view' } });
  assert.equal(error, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"');
});

test('an account is shown with the number of its secrets', () => {
  const account = created(serviceAccounts, { secrets: [{ name: 's' }] });
  assert.deepEqual(cells(serviceAccounts, account), { Name: 'x', Secrets: 1, Age: '60m' });
});
