/** What a node and its pods use, as an agent measures it and the API tells it. Times are milliseconds since the epoch. */
export interface NodeUsage {
  readonly name: string;
  readonly startedAt: number;
  readonly timestamp: number;
  /** Over how long the rates are taken. */
  readonly windowMs: number;
  readonly cpu: CpuUsage;
  readonly memory: MemoryUsage;
  readonly memoryAvailableBytes: number;
  readonly filesystem: FilesystemRoom;
  readonly processes: { readonly maximum: number; readonly current: number };
  readonly pods: readonly PodUsage[];
}

export interface CpuUsage {
  /** Since the start. */
  readonly totalNanoseconds: number;
  /** Nanoseconds of a core in each second. */
  readonly nanoCores: number;
}

export interface MemoryUsage {
  readonly usageBytes: number;
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly pageFaults: number;
  readonly majorPageFaults: number;
}

export interface FilesystemRoom {
  readonly availableBytes: number;
  readonly capacityBytes: number;
  readonly freeInodes: number;
  readonly inodes: number;
}

export interface PodUsage {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly startedAt: number;
  readonly timestamp: number;
  readonly cpu: CpuUsage;
  readonly memory: Pick<MemoryUsage, 'usageBytes' | 'workingSetBytes'>;
  readonly processCount: number;
  readonly network: readonly InterfaceUsage[];
  /** Those that run. */
  readonly containers: readonly ContainerUsage[];
}

export interface InterfaceUsage {
  readonly name: string;
  readonly rxBytes: number;
  readonly rxErrors: number;
  readonly txBytes: number;
  readonly txErrors: number;
}

export interface ContainerUsage {
  readonly name: string;
  readonly id: string;
  readonly image: string;
  readonly startedAt: number;
  readonly timestamp: number;
  readonly cpu: CpuUsage;
  readonly memory: MemoryUsage;
  readonly memoryAvailableBytes: number | undefined;
  readonly writableLayer: { readonly bytes: number; readonly inodes: number };
}
