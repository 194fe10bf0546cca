import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  ContainerStats,
  ContainerStatus,
  PodSandboxStats,
  PodSandboxStatus,
  Pressure,
  PressureLine,
  ResourcePressure,
} from '../../runtime/pod-runtime.ts';
import type {
  ContainerStatsSchema,
  CpuUsageSchema,
  IoUsageSchema,
  NetworkInterfaceUsageSchema,
  PodSandboxStatsSchema,
  PsiStatsSchema,
  SwapUsageSchema,
} from '../api/runtime_pb.ts';
import { filesystemMessage } from './images.ts';
import { counter, nanoseconds } from './numbers.ts';
import { sandboxAttributes } from './sandbox-status.ts';

export interface StatsFacts {
  /** The file system of the writable layers. */
  readonly mountpoint: string;
  /** Nanoseconds of CPU per second, by id; nothing where that is not known yet. */
  readonly rate: (usage: {
    id: string;
    timestamp: number;
    cpuUsageNanoCoreSeconds: number;
  }) => number | undefined;
}

export function containerStatsMessage(
  { metadata, labels, annotations }: Pick<ContainerStatus, 'metadata' | 'labels' | 'annotations'>,
  stats: ContainerStats,
  facts: StatsFacts,
): MessageInitShape<typeof ContainerStatsSchema> {
  const { id, timestamp } = stats;
  const { memoryAvailableBytes: available } = stats;
  return {
    attributes: { id, metadata, labels, annotations },
    cpu: cpuMessage(stats, facts),
    memory: {
      timestamp: nanoseconds(timestamp),
      workingSetBytes: counter(stats.memoryWorkingSetBytes),
      ...(available === undefined ? {} : { availableBytes: counter(available) }),
      usageBytes: counter(stats.memoryUsageBytes),
      rssBytes: counter(stats.memoryRssBytes),
      pageFaults: counter(stats.memoryPageFaults),
      majorPageFaults: counter(stats.memoryMajorPageFaults),
      ...psi(stats.pressure?.memory),
    },
    ...ioMessage(stats),
    ...swapMessage(stats),
    writableLayer: filesystemMessage(
      {
        mountpoint: facts.mountpoint,
        usedBytes: stats.writableLayerBytes,
        usedInodes: stats.writableLayerInodes,
      },
      timestamp,
    ),
  };
}

export function sandboxStatsMessage(
  sandbox: PodSandboxStatus,
  stats: PodSandboxStats,
  containers: ReadonlyMap<string, ContainerStatus>,
  facts: StatsFacts,
): MessageInitShape<typeof PodSandboxStatsSchema> {
  const timestamp = nanoseconds(stats.timestamp);
  const [defaultInterface, ...interfaces] = stats.network.map(interfaceMessage);
  return {
    attributes: sandboxAttributes(sandbox),
    linux: {
      cpu: cpuMessage(stats, facts),
      memory: {
        timestamp,
        workingSetBytes: counter(stats.memoryWorkingSetBytes),
        usageBytes: counter(stats.memoryUsageBytes),
        ...psi(stats.pressure?.memory),
      },
      ...ioMessage(stats),
      ...(defaultInterface === undefined ? {} : { network: { timestamp, defaultInterface, interfaces } }),
      process: { timestamp, processCount: counter(stats.processCount) },
      containers: stats.containers.flatMap((one) => {
        const status = containers.get(one.id);
        return status === undefined ? [] : [containerStatsMessage(status, one, facts)];
      }),
    },
  };
}

function cpuMessage(
  usage: { id: string; timestamp: number; cpuUsageNanoCoreSeconds: number; pressure?: Pressure },
  { rate }: StatsFacts,
): MessageInitShape<typeof CpuUsageSchema> {
  const now = rate(usage);
  return {
    timestamp: nanoseconds(usage.timestamp),
    usageCoreNanoSeconds: counter(usage.cpuUsageNanoCoreSeconds),
    ...(now === undefined ? {} : { usageNanoCores: counter(now) }),
    ...psi(usage.pressure?.cpu),
  };
}

/** Of input and output the kernel tells how long it was waited for. */
function ioMessage({ timestamp, pressure }: { timestamp: number; pressure?: Pressure }): {
  io?: MessageInitShape<typeof IoUsageSchema>;
} {
  return pressure?.io === undefined ? {} : { io: { timestamp: nanoseconds(timestamp), ...psi(pressure.io) } };
}

function swapMessage({
  timestamp,
  memorySwapBytes: used,
  memorySwapAvailableBytes: available,
}: ContainerStats): { swap?: MessageInitShape<typeof SwapUsageSchema> } {
  if (used === undefined) return {};
  const limited = available === undefined ? {} : { swapAvailableBytes: counter(available) };
  return { swap: { timestamp: nanoseconds(timestamp), swapUsageBytes: counter(used), ...limited } };
}

function psi(pressure: ResourcePressure | undefined): { psi?: MessageInitShape<typeof PsiStatsSchema> } {
  if (pressure === undefined) return {};
  const line = ({ totalNanoseconds, avg10, avg60, avg300 }: PressureLine) => ({
    Total: counter(totalNanoseconds).value,
    Avg10: avg10,
    Avg60: avg60,
    Avg300: avg300,
  });
  return { psi: { Full: line(pressure.full), Some: line(pressure.some) } };
}

function interfaceMessage({
  name,
  rxBytes,
  rxErrors,
  txBytes,
  txErrors,
}: PodSandboxStats['network'][number]): MessageInitShape<typeof NetworkInterfaceUsageSchema> {
  return {
    name,
    rxBytes: counter(rxBytes),
    rxErrors: counter(rxErrors),
    txBytes: counter(txBytes),
    txErrors: counter(txErrors),
  };
}
