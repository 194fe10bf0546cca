/** What the agent and the command line need of a Kubernetes API, whoever serves it. */
import type {
  ConfigMap,
  Event,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodStatus,
  Secret,
} from '../model/api/types.ts';

export interface PodClient {
  listPods(): Promise<Pod[]>;
  /** @throws PeapodError NotFound */
  getPod(namespace: string, name: string): Promise<Pod>;
  /** @throws PeapodError AlreadyExists */
  createPod(pod: Pod): Promise<Pod>;
  /** Every pod there is as `ADDED`, then what happens to them until the signal aborts. */
  watchPods(options: { signal: AbortSignal }): AsyncIterable<PodEvent>;
  /** Replaces the status; ignored when the pod with this uid is gone. */
  updatePodStatus(pod: Pod, status: PodStatus): Promise<void>;
  /** Marks the pod for deletion; the agent stops it and then calls `removePod`. A later call may only shorten the grace period. */
  deletePod(
    namespace: string,
    name: string,
    options?: { uid?: string; gracePeriodSeconds?: number },
  ): Promise<void>;
  /** Takes the object away, when nothing of the pod is left on the node. */
  removePod(pod: Pod): Promise<void>;

  getConfigMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  getSecret(namespace: string, name: string): Promise<Secret | undefined>;
  getPersistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>;
  /** Nothing where nobody binds claims to volumes: each claim is a directory then. */
  readonly getPersistentVolume: ((name: string) => Promise<PersistentVolume | undefined>) | undefined;

  /**
   * A token of the pod's service account, good as long as the pod is there.
   * @throws PeapodError Unsupported where there is no server to make it
   */
  createServiceAccountToken(
    pod: Pod,
    wish: { audience: string | undefined; expirationSeconds: number },
  ): Promise<{ token: string; expiresAt: number }>;

  /** Records the events of one pod, in order; the same one that is there already is counted up. */
  recordEvents(events: readonly PodEventRecord[]): Promise<void>;
  listEvents(filter?: { involvedUid?: string }): Promise<Event[]>;
}

export interface PodEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  pod: Pod;
}

export interface PodEventRecord {
  pod: Pod;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** `spec.containers{name}` where it is about one container. */
  fieldPath?: string;
  /** Milliseconds since the epoch. */
  at: number;
}
