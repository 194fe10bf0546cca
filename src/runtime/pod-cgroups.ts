/** The cgroups of pods: one for each QoS class, one for each pod below it, in which its containers' cgroups are made. */
export interface PodCgroups {
  /**
   * Makes the pod's cgroup, or brings its limits up to date. Idempotent.
   * @returns its path relative to each controller's root: `/peapod/burstable/pod<uid>`; Guaranteed pods stand directly below `/peapod`.
   */
  ensure(pod: { uid: string; qosClass: QosClass }, resources: PodCgroupResources): Promise<string>;
  /** Kills what is left in it and removes it with all below it; gone is fine. */
  remove(podUid: string): Promise<void>;
  /** The pods that have a cgroup. */
  list(): Promise<string[]>;
  /** Bounds all pods together, those to come too, so that what is reserved for others stays theirs; nothing lifts all bounds. */
  limitAll(resources: PodCgroupResources | undefined): Promise<void>;
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** The kubelet's arithmetic, done by the caller; absent: unlimited. */
export interface PodCgroupResources {
  cpuShares?: number;
  cpuQuotaUs?: number;
  cpuPeriodUs?: number;
  memoryLimitBytes?: number;
  hugepageLimits?: { pageSize: string; limitBytes: number }[];
  pidsLimit?: number;
}
