/** The kinds of objects that a manifest may hold, and the type that describes each. */
import type * as api from '../api/types.ts';

/** Kind, group and version, and the type in the API's structure. */
const KINDS = {
  Pod: ['v1', 'Pod'],
  ConfigMap: ['v1', 'ConfigMap'],
  Secret: ['v1', 'Secret'],
  PersistentVolumeClaim: ['v1', 'PersistentVolumeClaim'],
  PersistentVolume: ['v1', 'PersistentVolume'],
  Node: ['v1', 'Node'],
  Namespace: ['v1', 'Namespace'],
  ServiceAccount: ['v1', 'ServiceAccount'],
  Service: ['v1', 'Service'],
  LimitRange: ['v1', 'LimitRange'],
  ResourceQuota: ['v1', 'ResourceQuota'],
  ReplicationController: ['v1', 'ReplicationController'],
  PodTemplate: ['v1', 'PodTemplate'],
  Deployment: ['apps/v1', 'Deployment'],
  ReplicaSet: ['apps/v1', 'ReplicaSet'],
  DaemonSet: ['apps/v1', 'DaemonSet'],
  StatefulSet: ['apps/v1', 'StatefulSet'],
  Job: ['batch/v1', 'Job'],
  CronJob: ['batch/v1', 'CronJob'],
  PriorityClass: ['scheduling.k8s.io/v1', 'PriorityClass'],
  Workload: ['scheduling.k8s.io/v1alpha2', 'WorkloadV1alpha2'],
  PodGroup: ['scheduling.k8s.io/v1alpha2', 'PodGroupV1alpha2'],
  PodDisruptionBudget: ['policy/v1', 'PodDisruptionBudget'],
  StorageClass: ['storage.k8s.io/v1', 'StorageClass'],
  CSINode: ['storage.k8s.io/v1', 'CSINode'],
  RuntimeClass: ['node.k8s.io/v1', 'RuntimeClass'],
  Lease: ['coordination.k8s.io/v1', 'Lease'],
  Role: ['rbac.authorization.k8s.io/v1', 'Role'],
  RoleBinding: ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
  ClusterRole: ['rbac.authorization.k8s.io/v1', 'ClusterRole'],
  ClusterRoleBinding: ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
} as const satisfies Record<string, readonly [string, string]>;

export type ObjectKind = keyof typeof KINDS;

export interface ObjectTypes {
  Pod: api.Pod;
  ConfigMap: api.ConfigMap;
  Secret: api.Secret;
  PersistentVolumeClaim: api.PersistentVolumeClaim;
  PersistentVolume: api.PersistentVolume;
  Node: api.Node;
  Namespace: api.Namespace;
  ServiceAccount: api.ServiceAccount;
  Service: api.Service;
  LimitRange: api.LimitRange;
  ResourceQuota: api.ResourceQuota;
  ReplicationController: api.ReplicationController;
  PodTemplate: api.PodTemplate;
  Deployment: api.Deployment;
  ReplicaSet: api.ReplicaSet;
  DaemonSet: api.DaemonSet;
  StatefulSet: api.StatefulSet;
  Job: api.Job;
  CronJob: api.CronJob;
  PriorityClass: api.PriorityClass;
  Workload: api.WorkloadV1alpha2;
  PodGroup: api.PodGroupV1alpha2;
  PodDisruptionBudget: api.PodDisruptionBudget;
  StorageClass: api.StorageClass;
  CSINode: api.CSINode;
  RuntimeClass: api.RuntimeClass;
  Lease: api.Lease;
  Role: api.Role;
  RoleBinding: api.RoleBinding;
  ClusterRole: api.ClusterRole;
  ClusterRoleBinding: api.ClusterRoleBinding;
}

export const OBJECT_KINDS = Object.keys(KINDS) as readonly ObjectKind[];

export function isObjectKind(kind: string): kind is ObjectKind {
  return Object.hasOwn(KINDS, kind);
}

/** `v1`, `apps/v1` */
export function apiVersionOf(kind: ObjectKind): string {
  return KINDS[kind][0];
}

/** The type's name in `structure.json`. */
export function typeNameOf(kind: ObjectKind): string {
  return KINDS[kind][1];
}
