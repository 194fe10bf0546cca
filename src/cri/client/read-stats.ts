import type { ContainerStats, FilesystemUsage, PodSandboxStats } from '../../runtime/pod-runtime.ts';
import type {
  ContainerStats as ContainerMessage,
  FilesystemUsage as FilesystemMessage,
  NetworkInterfaceUsage,
  PodSandboxStats as PodMessage,
  UInt64Value,
} from '../api/runtime_pb.ts';
import { milliseconds } from './read-sandbox.ts';

/** What a runtime does not tell counts nothing; nobody tells the processes of one container. */
export function readContainerStats(stats: ContainerMessage): ContainerStats {
  const { cpu, memory, writableLayer } = stats;
  return {
    id: stats.attributes?.id ?? '',
    timestamp: milliseconds(cpu?.timestamp ?? memory?.timestamp ?? 0n),
    cpuUsageNanoCoreSeconds: number(cpu?.usageCoreNanoSeconds),
    memoryWorkingSetBytes: number(memory?.workingSetBytes),
    memoryUsageBytes: number(memory?.usageBytes),
    memoryRssBytes: number(memory?.rssBytes),
    memoryPageFaults: number(memory?.pageFaults),
    memoryMajorPageFaults: number(memory?.majorPageFaults),
    memoryAvailableBytes: memory?.availableBytes === undefined ? undefined : number(memory.availableBytes),
    processCount: 0,
    writableLayerBytes: number(writableLayer?.usedBytes),
    writableLayerInodes: number(writableLayer?.inodesUsed),
  };
}

export function readSandboxStats({ attributes, linux }: PodMessage): PodSandboxStats {
  const { cpu, memory, network, process, containers = [] } = linux ?? {};
  const interfaces = network?.defaultInterface
    ? [network.defaultInterface, ...network.interfaces]
    : (network?.interfaces ?? []);
  return {
    id: attributes?.id ?? '',
    timestamp: milliseconds(cpu?.timestamp ?? 0n),
    cpuUsageNanoCoreSeconds: number(cpu?.usageCoreNanoSeconds),
    memoryWorkingSetBytes: number(memory?.workingSetBytes),
    memoryUsageBytes: number(memory?.usageBytes),
    processCount: number(process?.processCount),
    network: interfaces.map(readInterface),
    containers: containers.map(readContainerStats),
  };
}

export function readFilesystem(usage: FilesystemMessage | undefined): FilesystemUsage {
  return {
    mountpoint: usage?.fsId?.mountpoint ?? '',
    usedBytes: number(usage?.usedBytes),
    usedInodes: number(usage?.inodesUsed),
  };
}

function readInterface({ name, rxBytes, rxErrors, txBytes, txErrors }: NetworkInterfaceUsage) {
  return {
    name,
    rxBytes: number(rxBytes),
    rxErrors: number(rxErrors),
    txBytes: number(txBytes),
    txErrors: number(txErrors),
  };
}

function number(value: UInt64Value | undefined): number {
  return Number(value?.value ?? 0n);
}
