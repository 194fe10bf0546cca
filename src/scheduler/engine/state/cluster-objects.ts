/** What the engine knows of the cluster besides nodes and pods, by `namespace/name` or name. */
import type {
  CSINode,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  PriorityClass,
  StorageClass,
} from '../../../model/api/types.ts';
import type { CompiledSelector } from '../pod/label-selector.ts';

/** A Service, ReplicaSet, StatefulSet or ReplicationController: its pods are spread by default. */
export interface SpreadOwner {
  readonly namespace: string;
  readonly selector: CompiledSelector;
}

export class ClusterObjects {
  readonly claims = new Map<string, PersistentVolumeClaim>();
  readonly volumes = new Map<string, PersistentVolume>();
  readonly storageClasses = new Map<string, StorageClass>();
  readonly csiNodes = new Map<string, CSINode>();
  readonly priorityClasses = new Map<string, PriorityClass>();
  readonly disruptionBudgets = new Map<string, PodDisruptionBudget>();
  /** Of PodGroups that say what their pods' priority is; pods that are read from then on have it instead of their own. */
  readonly gangPriorities = new Map<string, number>();
  /** By `Kind/namespace/name`. */
  readonly spreadOwners = new Map<string, SpreadOwner>();
}
