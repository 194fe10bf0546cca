/** Who may do what: roles, escalation, nodes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/api-client.ts';
import {
  CONFIG_MAPS,
  LEASES,
  NODES,
  PODS,
  SECRETS,
  SERVICE_ACCOUNTS,
  type ResourceType,
} from '../../client/resource-types.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  Pod,
  PolicyRule,
  Role,
  RoleBinding,
} from '../../model/api/types.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

const GROUP = 'rbac.authorization.k8s.io';
const kind = <T>(name: string, namespaced: boolean): ResourceType<T> => ({
  group: GROUP,
  version: 'v1',
  plural: `${name.toLowerCase()}s`,
  kind: name,
  namespaced,
});
const ROLES = kind<Role>('Role', true);
const ROLE_BINDINGS = kind<RoleBinding>('RoleBinding', true);
const CLUSTER_ROLES = kind<ClusterRole>('ClusterRole', false);
const CLUSTER_ROLE_BINDINGS = kind<ClusterRoleBinding>('ClusterRoleBinding', false);

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(() => api[Symbol.asyncDispose]());

const as = (name: string, ...groups: string[]): ApiClient =>
  api.clientOf({ name, groups: [...groups, 'system:authenticated'] });

async function may(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status.reason === 'Forbidden') return false;
    // It was let through, and failed for another reason.
    if (error instanceof ApiError) return true;
    throw error;
  }
}

async function grant(user: string, namespace: string, roleName: string, rules: PolicyRule[]): Promise<void> {
  await api.client.create(ROLES, { metadata: { name: roleName, namespace }, rules });
  await api.client.create(ROLE_BINDINGS, {
    metadata: { name: roleName, namespace },
    roleRef: { apiGroup: GROUP, kind: 'Role', name: roleName },
    subjects: [{ kind: 'User', name: user }],
  });
}

test('nobody may do anything but ask who he is, until a role says so', async () => {
  const nobody = as('nobody');
  assert.equal(await may(nobody.list(PODS, { namespace: 'default' })), false);
  assert.equal(await may(nobody.raw('GET', '/api')), true);
  assert.equal(await may(nobody.raw('GET', '/metrics')), false);
  const review = { spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'default' } } };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  assert.deepEqual(await nobody.raw<{ status: object }>('POST', path, review).then(({ status }) => status), {
    allowed: false,
  });
});

test('a role holds in its namespace, for its verbs, resources, names and subresources alone', async () => {
  await grant('reader', 'default', 'reader', [
    { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'], resourceNames: [] },
    { verbs: ['get'], apiGroups: [''], resources: ['secrets'], resourceNames: ['one'] },
    { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] },
  ]);
  const reader = as('reader');
  const verdicts: [boolean, Promise<unknown>][] = [
    [true, reader.list(CONFIG_MAPS, { namespace: 'default' })],
    [false, reader.list(CONFIG_MAPS, { namespace: 'kube-system' })],
    [false, reader.list(CONFIG_MAPS)],
    [false, reader.create(CONFIG_MAPS, { metadata: { name: 'x', namespace: 'default' } })],
    [true, reader.get(SECRETS, 'default', 'one')],
    [false, reader.get(SECRETS, 'default', 'two')],
    [false, reader.list(SECRETS, { namespace: 'default' })],
    [true, reader.raw('GET', '/api/v1/namespaces/default/pods/x/log')],
    [false, reader.get(PODS, 'default', 'x')],
  ];
  for (const [index, [expected, work]] of verdicts.entries())
    assert.equal(await may(work), expected, String(index));
});

test('the roles that every cluster has: view sees no secrets, edit writes no roles, admin does in its namespace', async () => {
  for (const role of ['view', 'edit', 'admin']) {
    await api.client.create(ROLE_BINDINGS, {
      metadata: { name: role, namespace: 'default' },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'Group', name: `${role}ers` }],
    });
  }
  const client = (role: string) => as('somebody', `${role}ers`);
  const role = (name: string): Role => ({ metadata: { name, namespace: 'default' }, rules: [] });
  for (const [name, secrets, writes, roles] of [
    ['view', false, false, false],
    ['edit', true, true, false],
    ['admin', true, true, true],
  ] as const) {
    assert.equal(await may(client(name).list(PODS, { namespace: 'default' })), true, name);
    assert.equal(await may(client(name).list(SECRETS, { namespace: 'default' })), secrets, name);
    const map = { metadata: { name: `by-${name}`, namespace: 'default' } };
    assert.equal(await may(client(name).create(CONFIG_MAPS, map)), writes, name);
    assert.equal(await may(client(name).create(ROLES, role(`by-${name}`))), roles, name);
    assert.equal(await may(client(name).list(NODES)), false, name);
  }
});

test('nobody gives away what he does not have, unless he may escalate or bind', async () => {
  const granter: PolicyRule[] = [
    { verbs: ['*'], apiGroups: [GROUP], resources: ['roles', 'rolebindings'] },
    { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
  ];
  await grant('granter', 'default', 'granter', [
    { ...(granter[0] as PolicyRule), verbs: ['create', 'update', 'get'] },
    granter[1] as PolicyRule,
  ]);
  const client = as('granter');
  const role = (name: string, rules: PolicyRule[]): Role => ({
    metadata: { name, namespace: 'default' },
    rules,
  });
  assert.equal(await may(client.create(ROLES, role('same', [granter[1] as PolicyRule]))), true);
  const more = role('more', [{ verbs: ['get', 'delete'], apiGroups: [''], resources: ['pods'] }]);
  const refusal = await client.create(ROLES, more).then(
    () => '',
    (error: Error) => error.message,
  );
  assert.match(
    refusal,
    /is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["pods"\], Verbs:\["delete"\]\}/,
  );
  const binding: RoleBinding = {
    metadata: { name: 'up', namespace: 'default' },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'granter' }],
  };
  assert.equal(await may(client.create(ROLE_BINDINGS, binding)), false);
  await grant('granter', 'default', 'binder', [
    { verbs: ['bind'], apiGroups: [GROUP], resources: ['clusterroles'], resourceNames: ['view'] },
  ]);
  assert.equal(
    await may(client.create(ROLE_BINDINGS, { ...binding, roleRef: { ...binding.roleRef, name: 'view' } })),
    true,
  );
  assert.equal(
    await may(client.create(ROLE_BINDINGS, { ...binding, metadata: { name: 'up2', namespace: 'default' } })),
    false,
  );
});

test('an aggregated role holds the rules of those that it selects', async () => {
  await api.client.create(CLUSTER_ROLES, {
    metadata: { name: 'crops', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'] }],
  });
  await api.client.create(CLUSTER_ROLE_BINDINGS, {
    metadata: { name: 'everywhere' },
    roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'farmer', namespace: 'default' }],
  });
  assert.equal(await may(as('system:serviceaccount:default:farmer').get(NODES, '', 'n1')), true);
  assert.equal(await may(as('system:serviceaccount:kube-system:farmer').get(NODES, '', 'n1')), false);
});

test('a node reads and writes what concerns its own pods, and nothing else', async () => {
  const pod = (name: string, nodeName: string): Pod => ({
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName,
      containers: [{ name: 'c', image: 'x' }],
      volumes: [
        { name: 's', secret: { secretName: `of-${nodeName}` } },
        { name: 'c', configMap: { name: `of-${nodeName}` } },
      ],
    },
  });
  await api.client.create(PODS, pod('mine', 'n1'));
  await api.client.create(PODS, pod('other', 'n2'));
  const node = as('system:node:n1', 'system:nodes');
  const own = { fieldSelector: 'spec.nodeName=n1' };
  const status = { status: { phase: 'Running' } };
  const lease = (name: string) => ({
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name },
  });
  const verdicts: [string, boolean, () => Promise<unknown>][] = [
    ['list own pods', true, () => node.list(PODS, own)],
    ['list all pods', false, () => node.list(PODS)],
    ["list another's pods", false, () => node.list(PODS, { fieldSelector: 'spec.nodeName=n2' })],
    ['read its secret', true, () => node.get(SECRETS, 'default', 'of-n1')],
    ["read another's secret", false, () => node.get(SECRETS, 'default', 'of-n2')],
    ['read its config map', true, () => node.get(CONFIG_MAPS, 'default', 'of-n1')],
    ['list secrets', false, () => node.list(SECRETS, { namespace: 'default' })],
    ['write a secret', false, () => node.create(SECRETS, { metadata: { name: 'x', namespace: 'default' } })],
    [
      'write its pod’s status',
      true,
      () => node.patch(PODS, 'default', 'mine', 'merge', status, { subresource: 'status' }),
    ],
    [
      "write another pod's status",
      false,
      () => node.patch(PODS, 'default', 'other', 'merge', status, { subresource: 'status' }),
    ],
    [
      'change its pod',
      false,
      () => node.patch(PODS, 'default', 'mine', 'merge', { metadata: { labels: { a: 'b' } } }),
    ],
    ['delete its pod', true, () => node.delete(PODS, 'default', 'mine', { gracePeriodSeconds: 0 })],
    ["delete another's pod", false, () => node.delete(PODS, 'default', 'other')],
    ['make itself', true, () => node.create(NODES, { metadata: { name: 'n1' } })],
    [
      'write another node',
      false,
      () => node.patch(NODES, '', 'n2', 'merge', status, { subresource: 'status' }),
    ],
    ['make its lease', true, () => node.create(LEASES, lease('n1'))],
    ["renew another's lease", false, () => node.update(LEASES, lease('n2'))],
    [
      'make a token for an account of no pod of its',
      false,
      () => node.post(SERVICE_ACCOUNTS, 'kube-system', 'default', 'token', { spec: {} }),
    ],
    ['read roles', false, () => node.list(CLUSTER_ROLES)],
  ];
  for (const [what, expected, work] of verdicts) assert.equal(await may(work()), expected, what);
});
