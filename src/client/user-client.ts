import type {
  ConfigMap,
  EphemeralContainer,
  Event,
  PersistentVolumeClaim,
  Pod,
  Secret,
} from '../model/api/types.ts';

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** All when absent. */
  readonly only?: PodName;
}

/** What somebody at a terminal does with pods, whoever has them: a server, or the files that several processes share. */
export interface UserClient {
  /** Of all namespaces. */
  listPods(): Promise<Pod[]>;
  /** @throws PeapodError NotFound */
  getPod(namespace: string, name: string): Promise<Pod>;
  /** Marks the pod for deletion; it is gone when its containers have ended. */
  deletePod(
    namespace: string,
    name: string,
    options?: { uid?: string; gracePeriodSeconds?: number },
  ): Promise<void>;
  /** Annotates the pod. @throws PeapodError NotFound */
  annotatePod(pod: Pod, annotations: Readonly<Record<string, string>>): Promise<void>;
  /** Adds a container to a pod that runs. @throws PeapodError NotFound, Invalid */
  addEphemeralContainer(pod: Pod, container: EphemeralContainer): Promise<void>;
  /** The oldest first. */
  listEvents(filter?: { involvedUid?: string }): Promise<Event[]>;
  /**
   * Yields the pods as they are, all or only the one of this name: at once, and again when one of them, or its status, may have changed, until the signal
   * aborts. Changes that come while the caller is busy are yielded together.
   */
  followPods(options: FollowOptions): AsyncIterable<readonly Pod[]>;
  getPersistentVolumeClaim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>;
}

/** What pods refer to, and manifests have beside them. */
export type ReferredObject = ConfigMap | Secret | PersistentVolumeClaim;
