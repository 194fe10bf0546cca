/** The kinds that our own programs work with: where each is found, and its type. */
import type * as api from '../model/api/types.ts';

export interface ResourceType<T> {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never set: ties the type to the value. */
  readonly objectType?: T;
}

function type<T>(kind: string, plural: string, group = '', namespaced = true): ResourceType<T> {
  return { group, version: 'v1', plural, kind, namespaced };
}

export const PODS = type<api.Pod>('Pod', 'pods');
export const NODES = type<api.Node>('Node', 'nodes', '', false);
export const NAMESPACES = type<api.Namespace>('Namespace', 'namespaces', '', false);
export const CONFIG_MAPS = type<api.ConfigMap>('ConfigMap', 'configmaps');
export const SECRETS = type<api.Secret>('Secret', 'secrets');
export const RESOURCE_QUOTAS = type<api.ResourceQuota>('ResourceQuota', 'resourcequotas');
export const EVENTS = type<api.Event>('Event', 'events');
export const SERVICE_ACCOUNTS = type<api.ServiceAccount>('ServiceAccount', 'serviceaccounts');
export const CLAIMS = type<api.PersistentVolumeClaim>('PersistentVolumeClaim', 'persistentvolumeclaims');
export const VOLUMES = type<api.PersistentVolume>('PersistentVolume', 'persistentvolumes', '', false);
export const STORAGE_CLASSES = type<api.StorageClass>(
  'StorageClass',
  'storageclasses',
  'storage.k8s.io',
  false,
);
export const DEPLOYMENTS = type<api.Deployment>('Deployment', 'deployments', 'apps');
export const REPLICA_SETS = type<api.ReplicaSet>('ReplicaSet', 'replicasets', 'apps');
export const DAEMON_SETS = type<api.DaemonSet>('DaemonSet', 'daemonsets', 'apps');
export const CONTROLLER_REVISIONS = type<api.ControllerRevision>(
  'ControllerRevision',
  'controllerrevisions',
  'apps',
);
export const JOBS = type<api.Job>('Job', 'jobs', 'batch');
export const CRON_JOBS = type<api.CronJob>('CronJob', 'cronjobs', 'batch');
export const LEASES = type<api.Lease>('Lease', 'leases', 'coordination.k8s.io');
export const PRIORITY_CLASSES = type<api.PriorityClass>(
  'PriorityClass',
  'priorityclasses',
  'scheduling.k8s.io',
  false,
);
export const DISRUPTION_BUDGETS = type<api.PodDisruptionBudget>(
  'PodDisruptionBudget',
  'poddisruptionbudgets',
  'policy',
);

export const POD_GROUPS: ResourceType<api.PodGroupV1alpha2> = {
  ...type<api.PodGroupV1alpha2>('PodGroup', 'podgroups', 'scheduling.k8s.io'),
  version: 'v1alpha2',
};

/** `/api/v1/namespaces/default/pods` */
export function resourcePath(
  { group, version, plural, namespaced }: ResourceType<unknown>,
  namespace: string,
  name = '',
  subresource = '',
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const rest = [name, subresource]
    .filter((part) => part !== '')
    .map((part) => `/${encodeURIComponent(part)}`);
  return `${root}${scope}/${plural}${rest.join('')}`;
}
