import type { FilesystemRoom, MemoryUsage } from '../../model/usage/node-usage.ts';

/** The machine's own counters at one moment. */
export interface NodeReading {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly startedAt: number;
  readonly cpuNanoseconds: number;
  readonly memory: MemoryUsage;
  readonly memoryAvailableBytes: number;
  readonly filesystem: FilesystemRoom;
  readonly processes: { readonly maximum: number; readonly current: number };
}

export type ReadNode = () => Promise<NodeReading>;
