/** What the scheduler needs of a Kubernetes API. */
import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodCondition,
  PodDisruptionBudget,
  PodGroupV1alpha2,
  PriorityClass,
  StorageClass,
} from '../../model/api/types.ts';

export interface ClusterClient {
  /** @throws PeapodError Conflict, NotFound when the pod is gone, bound or on its way out */
  bind(pod: Pod, nodeName: string): Promise<void>;
  /**
   * Has the pod's claims that wait for their first user bound on a node, and waits until they are.
   * @throws PeapodError Conflict when they were not in time
   */
  bindVolumes(pod: Pod, nodeName: string, signal: AbortSignal): Promise<void>;
  /** Tells why the pod waits, and which node others were asked to leave for it. */
  reportPending(pod: Pod, condition: PodCondition, nominatedNodeName: string | undefined): Promise<void>;
  /** Asks a pod to leave its node for another. */
  evict(pod: Pod, why: string): Promise<void>;
  recordEvent(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void>;
  /** Everything that placing depends on, and its changes, until the signal aborts. */
  watch(handlers: ClusterHandlers, signal: AbortSignal): Promise<void>;
}

export interface ClusterHandlers {
  /** All that was there has been told. */
  onSynced(): void;
  onNode(node: Node): void;
  onNodeGone(node: Node): void;
  onPod(pod: Pod): void;
  onPodGone(pod: Pod): void;
  onPriorityClass(priorityClass: PriorityClass, gone: boolean): void;
  onPodGroup(group: PodGroupV1alpha2, gone: boolean): void;
  onClaim(claim: PersistentVolumeClaim, gone: boolean): void;
  onVolume(volume: PersistentVolume, gone: boolean): void;
  onStorageClass(storageClass: StorageClass, gone: boolean): void;
  onDisruptionBudget(budget: PodDisruptionBudget, gone: boolean): void;
}
