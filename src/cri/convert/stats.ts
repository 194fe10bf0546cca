import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  ContainerStats,
  ContainerStatus,
  PodSandboxStats,
  PodSandboxStatus,
} from '../../runtime/pod-runtime.ts';
import type {
  ContainerStatsSchema,
  CpuUsageSchema,
  NetworkInterfaceUsageSchema,
  PodSandboxStatsSchema,
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
    },
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
      },
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
  usage: { id: string; timestamp: number; cpuUsageNanoCoreSeconds: number },
  { rate }: StatsFacts,
): MessageInitShape<typeof CpuUsageSchema> {
  const now = rate(usage);
  return {
    timestamp: nanoseconds(usage.timestamp),
    usageCoreNanoSeconds: counter(usage.cpuUsageNanoCoreSeconds),
    ...(now === undefined ? {} : { usageNanoCores: counter(now) }),
  };
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
