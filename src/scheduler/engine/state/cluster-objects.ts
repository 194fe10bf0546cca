/** What the engine knows of the cluster besides nodes and pods, by `namespace/name` or name. */
import type {
  CSINode,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  PriorityClass,
  StorageClass,
} from '../../../model/api/types.ts';
import { type CompiledSelector, compileSelector } from '../pod/label-selector.ts';
import { compileNodeSelector } from '../pod/node-selector.ts';
import { checkPriorityClass } from '../pod/priority.ts';
import { CheckedObjects } from './checked-objects.ts';

/** A Service, ReplicaSet, StatefulSet or ReplicationController: its pods are spread by default. */
export interface SpreadOwner {
  readonly namespace: string;
  readonly selector: CompiledSelector;
}

export class ClusterObjects {
  readonly claims = new CheckedObjects<PersistentVolumeClaim>({
    kind: 'PersistentVolumeClaim',
    fields: ['metadata', 'spec'],
  });
  readonly volumes = new CheckedObjects<PersistentVolume>({
    kind: 'PersistentVolume',
    fields: ['metadata', 'spec', 'status'],
    check({ spec }, errors) {
      const required = spec?.nodeAffinity?.required;
      if (required) compileNodeSelector(required, 'spec.nodeAffinity.required', errors);
    },
  });
  readonly storageClasses = new CheckedObjects<StorageClass>({
    kind: 'StorageClass',
    fields: ['volumeBindingMode', 'allowedTopologies', 'provisioner'],
  });
  readonly csiNodes = new CheckedObjects<CSINode>({ kind: 'CSINode', fields: ['spec'] });
  readonly priorityClasses = new CheckedObjects<PriorityClass>({
    kind: 'PriorityClass',
    fields: ['value', 'globalDefault', 'preemptionPolicy'],
    check: checkPriorityClass,
  });
  readonly disruptionBudgets = new CheckedObjects<PodDisruptionBudget>({
    kind: 'PodDisruptionBudget',
    fields: ['metadata.namespace', 'spec', 'status.disruptionsAllowed', 'status.disruptedPods'],
    check({ spec }, errors) {
      compileSelector(spec?.selector, 'spec.selector', errors);
    },
  });
  /** Of PodGroups that say what their pods' priority is; pods that are read from then on have it instead of their own. */
  readonly gangPriorities = new Map<string, number>();
  /** By `Kind/namespace/name`. */
  readonly spreadOwners = new Map<string, SpreadOwner>();
}
