/** Everything that the API serves. A new kind is one small file, and a line here. */
import type { Resource } from '../resource.ts';
import { deployments } from './deployments.ts';
import { replicaSets } from './replica-sets.ts';
import { daemonSets } from './daemon-sets.ts';
import { controllerRevisions } from './controller-revisions.ts';
import { jobs } from './jobs.ts';
import { cronJobs } from './cron-jobs.ts';
import { configMaps, secrets } from './config.ts';
import { events, eventsV1 } from './events.ts';
import { leases } from './leases.ts';
import { limitRanges } from './limit-ranges.ts';
import { metricsResources } from './metrics.ts';
import { namespaces } from './namespaces.ts';
import { nodes } from './nodes.ts';
import { persistentVolumeClaims } from './persistent-volume-claims.ts';
import { persistentVolumes } from './persistent-volumes.ts';
import { podDisruptionBudgets } from './pod-disruption-budgets.ts';
import { podGroups, workloads } from './pod-groups.ts';
import { priorityClasses } from './priority-classes.ts';
import { storageClasses } from './storage-classes.ts';
import { pods } from './pods.ts';
import { rbacResources } from './rbac.ts';
import { resourceQuotas } from './resource-quotas.ts';
import { reviewResources } from './reviews.ts';
import { serviceAccounts } from './service-accounts.ts';

export const ALL_RESOURCES: readonly Resource[] = [
  namespaces,
  nodes,
  pods,
  configMaps,
  secrets,
  events,
  serviceAccounts,
  persistentVolumes,
  persistentVolumeClaims,
  limitRanges,
  resourceQuotas,
  eventsV1,
  deployments,
  replicaSets,
  daemonSets,
  controllerRevisions,
  jobs,
  cronJobs,
  leases,
  priorityClasses,
  podGroups,
  workloads,
  podDisruptionBudgets,
  storageClasses,
  ...rbacResources,
  ...reviewResources,
  ...metricsResources,
];
