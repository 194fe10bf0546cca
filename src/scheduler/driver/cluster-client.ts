/** What the scheduler needs of a Kubernetes API. */
import type {
  Node,
  Pod,
  PodCondition,
  PodDisruptionBudget,
  PodGroupV1alpha2,
  PriorityClass,
} from '../../model/api/types.ts';

export interface ClusterClient {
  /** @throws PeapodError Conflict, NotFound when the pod is gone, bound or on its way out */
  bind(pod: Pod, nodeName: string): Promise<void>;
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
  onDisruptionBudget(budget: PodDisruptionBudget, gone: boolean): void;
}
