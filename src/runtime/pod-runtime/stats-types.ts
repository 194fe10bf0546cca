/** What pods use of their machine. */

export interface ContainerStats {
  id: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
  cpuUsageNanoCoreSeconds: number;
  memoryWorkingSetBytes: number;
  memoryUsageBytes: number;
  memoryRssBytes: number;
  memoryPageFaults: number;
  memoryMajorPageFaults: number;
  memoryAvailableBytes: number | undefined;
  processCount: number;
  writableLayerBytes: number;
  writableLayerInodes: number;
  /** Absent: the kernel keeps no account of it, or the runtime does not tell. */
  memorySwapBytes?: number;
  /** Absent also: not limited. */
  memorySwapAvailableBytes?: number;
  pressure?: Pressure;
  /** Where it was asked for. */
  details?: UsageDetails;
}

/** Absent: the kernel keeps no account of it. */
export interface Pressure {
  cpu?: ResourcePressure;
  memory?: ResourcePressure;
  io?: ResourcePressure;
}

/** Of some tasks that waited, and of all of them at once. */
export interface ResourcePressure {
  some: PressureLine;
  full: PressureLine;
}

/** The averages are per cent of the last 10, 60 and 300 seconds. */
export interface PressureLine {
  totalNanoseconds: number;
  avg10: number;
  avg60: number;
  avg300: number;
}

export interface UsageDetails {
  cpuUserNanoseconds: number;
  cpuSystemNanoseconds: number;
  cpuPeriods: number;
  cpuThrottledPeriods: number;
  cpuThrottledNanoseconds: number;
  memoryCacheBytes: number;
  memoryMappedFileBytes: number;
  memoryMaxUsageBytes: number;
  /** How often the limit was reached. */
  memoryLimitHits: number;
  oomKills: number;
}

/** Packets are absent where the runtime does not tell. */
export interface InterfaceStats {
  name: string;
  rxBytes: number;
  rxErrors: number;
  rxPackets?: number;
  rxDropped?: number;
  txBytes: number;
  txErrors: number;
  txPackets?: number;
  txDropped?: number;
}

export interface PodSandboxStats {
  id: string;
  timestamp: number;
  cpuUsageNanoCoreSeconds: number;
  memoryWorkingSetBytes: number;
  memoryUsageBytes: number;
  processCount: number;
  pressure?: Pressure;
  network: InterfaceStats[];
  containers: ContainerStats[];
}

export interface FilesystemUsage {
  mountpoint: string;
  usedBytes: number;
  usedInodes: number;
}
