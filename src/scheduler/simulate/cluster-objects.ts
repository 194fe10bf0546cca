/** What a simulation begins with: the objects of a cluster, each with where it was read. */
import type {
  CSINode,
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  Namespace,
  Node,
  ObjectMeta,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
  StorageClass,
  WorkloadV1alpha2,
} from '../../model/api/types.ts';
import { InvalidObjectError } from '../../model/field-error.ts';
import { isPeapodError, PeapodError } from '../../model/errors.ts';

export interface ClusterKinds {
  Node: Node;
  Pod: Pod;
  Namespace: Namespace;
  PriorityClass: PriorityClass;
  PodDisruptionBudget: PodDisruptionBudget;
  PersistentVolume: PersistentVolume;
  PersistentVolumeClaim: PersistentVolumeClaim;
  StorageClass: StorageClass;
  CSINode: CSINode;
  Service: Service;
  Deployment: Deployment;
  ReplicaSet: ReplicaSet;
  ReplicationController: ReplicationController;
  StatefulSet: StatefulSet;
  DaemonSet: DaemonSet;
  Job: Job;
  CronJob: CronJob;
  Workload: WorkloadV1alpha2;
  /** Of any of the versions that `readPodGroup` knows. */
  PodGroup: { readonly metadata?: ObjectMeta };
}

export type ClusterKind = keyof ClusterKinds;

export type ClusterObject = {
  [Kind in ClusterKind]: {
    readonly kind: Kind;
    readonly object: ClusterKinds[Kind];
    /** For messages: `nodes.yaml:3:1`. */
    readonly origin: string;
  };
}[ClusterKind];

const CLUSTER_SCOPED: ReadonlySet<ClusterKind> = new Set([
  'Node',
  'Namespace',
  'PriorityClass',
  'PersistentVolume',
  'StorageClass',
  'CSINode',
]);

export function isNamespaced(kind: ClusterKind): boolean {
  return !CLUSTER_SCOPED.has(kind);
}

/** The objects of one kind. */
export function objectsOf<Kind extends ClusterKind>(
  objects: readonly ClusterObject[],
  kind: Kind,
): Extract<ClusterObject, { kind: Kind }>[] {
  return objects.filter((object): object is Extract<ClusterObject, { kind: Kind }> => object.kind === kind);
}

/** `namespace/name` */
export function namespacedName({ metadata }: { readonly metadata?: ObjectMeta }): string {
  return `${metadata?.namespace || 'default'}/${metadata?.name ?? ''}`;
}

/** Does `work`; what is wrong with the object is told with where it stands. */
export function readingFrom<Result>(origin: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidObjectError || isPeapodError(error)) {
      throw new PeapodError(error.code, `${origin}: ${error.message}`, { cause: error });
    }
    throw error;
  }
}
