/**
 * The roles that every cluster has.
 * @see kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from '../../../model/api/types.ts';

const API_VERSION = 'rbac.authorization.k8s.io/v1';
const LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' };
const ANNOTATIONS = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' };

const READ = ['get', 'list', 'watch'];
const WRITE = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const ALL = [...READ, ...WRITE];

function rule(
  verbs: string[],
  apiGroups: string[],
  resources: string[],
  resourceNames?: string[],
): PolicyRule {
  return { verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) };
}

function paths(nonResourceURLs: string[]): PolicyRule {
  return { verbs: ['get'], nonResourceURLs };
}

function role(name: string, rules: PolicyRule[], labels: Record<string, string> = {}): ClusterRole {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRole',
    metadata: { name, labels: { ...LABELS, ...labels }, annotations: ANNOTATIONS },
    rules,
  };
}

const AGGREGATE = 'rbac.authorization.k8s.io/aggregate-to-';

function aggregated(name: string): ClusterRole {
  const matchLabels = { [`${AGGREGATE}${name}`]: 'true' };
  return { ...role(name, []), aggregationRule: { clusterRoleSelectors: [{ matchLabels }] } };
}

function part(name: string, rules: PolicyRule[], labels: Record<string, string> = {}): ClusterRole {
  return role(`system:aggregate-to-${name}`, rules, { [`${AGGREGATE}${name}`]: 'true', ...labels });
}

const CORE_OBJECTS = [
  'configmaps',
  'events',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'replicationcontrollers/scale',
  'serviceaccounts',
  'services',
];
const APPS = [
  'daemonsets',
  'deployments',
  'deployments/scale',
  'replicasets',
  'replicasets/scale',
  'statefulsets',
];
const BATCH = ['cronjobs', 'jobs'];

const VIEW: PolicyRule[] = [
  rule(
    READ,
    [''],
    [...CORE_OBJECTS, 'persistentvolumeclaims/status', 'pods/status', 'pods/log', 'endpoints'],
  ),
  rule(
    READ,
    [''],
    ['bindings', 'limitranges', 'namespaces', 'namespaces/status', 'resourcequotas', 'resourcequotas/status'],
  ),
  rule(
    READ,
    ['apps'],
    [...APPS, 'controllerrevisions', 'daemonsets/status', 'deployments/status', 'replicasets/status'],
  ),
  rule(READ, ['batch'], [...BATCH, 'cronjobs/status', 'jobs/status']),
  rule(READ, ['policy'], ['poddisruptionbudgets', 'poddisruptionbudgets/status']),
  rule(READ, ['events.k8s.io'], ['events']),
  rule(READ, ['scheduling.k8s.io'], ['podgroups', 'workloads']),
];

const EDIT: PolicyRule[] = [
  rule(
    READ,
    [''],
    ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'services/proxy'],
  ),
  rule(['impersonate'], [''], ['serviceaccounts']),
  rule(
    WRITE,
    [''],
    [...CORE_OBJECTS, 'pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy', 'secrets', 'endpoints'],
  ),
  rule(['create'], [''], ['pods/eviction', 'serviceaccounts/token']),
  rule(['patch', 'update'], [''], ['pods/ephemeralcontainers', 'pods/resize']),
  rule(WRITE, ['apps'], APPS),
  rule(WRITE, ['batch'], BATCH),
  rule(WRITE, ['policy'], ['poddisruptionbudgets']),
  rule(WRITE, ['scheduling.k8s.io'], ['podgroups', 'workloads']),
  rule(ALL, ['coordination.k8s.io'], ['leases']),
];

const ADMIN: PolicyRule[] = [
  rule(['create'], ['authorization.k8s.io'], ['localsubjectaccessreviews']),
  rule(ALL, ['rbac.authorization.k8s.io'], ['rolebindings', 'roles']),
];

const DISCOVERY = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];

export const DEFAULT_CLUSTER_ROLES: readonly ClusterRole[] = [
  role('cluster-admin', [rule(['*'], ['*'], ['*']), { verbs: ['*'], nonResourceURLs: ['*'] }]),
  aggregated('admin'),
  aggregated('edit'),
  aggregated('view'),
  part('view', VIEW, { [`${AGGREGATE}edit`]: 'true', [`${AGGREGATE}admin`]: 'true' }),
  part('edit', EDIT, { [`${AGGREGATE}admin`]: 'true' }),
  part('admin', ADMIN),
  role('system:aggregated-metrics-reader', [rule(READ, ['metrics.k8s.io'], ['nodes', 'pods'])], {
    [`${AGGREGATE}view`]: 'true',
    [`${AGGREGATE}edit`]: 'true',
    [`${AGGREGATE}admin`]: 'true',
  }),
  role('system:discovery', [paths(DISCOVERY)]),
  role('system:public-info-viewer', [paths(['/healthz', '/livez', '/readyz', '/version', '/version/'])]),
  role('system:basic-user', [
    rule(['create'], ['authorization.k8s.io'], ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']),
    rule(['create'], ['authentication.k8s.io'], ['selfsubjectreviews']),
  ]),
  role('system:kubelet-api-admin', [
    rule(READ, [''], ['nodes']),
    rule(['*'], [''], ['nodes/proxy', 'nodes/metrics', 'nodes/stats']),
  ]),
  role('system:monitoring', [
    paths(['/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/readyz', '/readyz/*']),
  ]),
  role('system:auth-delegator', [
    rule(['create'], ['authentication.k8s.io'], ['tokenreviews']),
    rule(['create'], ['authorization.k8s.io'], ['subjectaccessreviews']),
  ]),
  role('system:kube-scheduler', [
    rule(
      READ,
      [''],
      ['namespaces', 'nodes', 'persistentvolumeclaims', 'persistentvolumes', 'pods', 'services'],
    ),
    rule(['create'], [''], ['bindings', 'pods/binding']),
    rule(['delete'], [''], ['pods']),
    rule(['patch', 'update'], [''], ['persistentvolumeclaims', 'persistentvolumes']),
    rule(['patch', 'update'], [''], ['pods/status']),
    rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
    rule(READ, ['policy'], ['poddisruptionbudgets']),
    rule(READ, ['apps'], ['replicasets', 'statefulsets']),
    rule(
      [...READ, 'patch', 'update'],
      ['scheduling.k8s.io'],
      ['podgroups', 'podgroups/status', 'priorityclasses', 'workloads'],
    ),
    rule(READ, ['storage.k8s.io'], ['storageclasses']),
    rule(['create', 'get', 'update'], ['coordination.k8s.io'], ['leases']),
  ]),
  role('system:kube-controller-manager', [rule(['*'], ['*'], ['*'])]),
];

function binding(
  name: string,
  roleName: string,
  subjects: [kind: 'Group' | 'User', name: string][],
): ClusterRoleBinding {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: LABELS, annotations: ANNOTATIONS },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
    subjects: subjects.map(([kind, subject]) => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind,
      name: subject,
    })),
  };
}

export const DEFAULT_CLUSTER_ROLE_BINDINGS: readonly ClusterRoleBinding[] = [
  binding('cluster-admin', 'cluster-admin', [['Group', 'system:masters']]),
  binding('system:discovery', 'system:discovery', [['Group', 'system:authenticated']]),
  binding('system:basic-user', 'system:basic-user', [['Group', 'system:authenticated']]),
  binding('system:public-info-viewer', 'system:public-info-viewer', [
    ['Group', 'system:authenticated'],
    ['Group', 'system:unauthenticated'],
  ]),
  binding('system:monitoring', 'system:monitoring', [['Group', 'system:monitoring']]),
  binding('system:kube-scheduler', 'system:kube-scheduler', [['User', 'system:kube-scheduler']]),
  binding('system:kube-controller-manager', 'system:kube-controller-manager', [
    ['User', 'system:kube-controller-manager'],
  ]),
];
