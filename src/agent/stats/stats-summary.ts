import type {
  ContainerUsage,
  CpuUsage,
  FilesystemRoom,
  MemoryUsage,
  NodeUsage,
  PodUsage,
} from '../../model/usage/node-usage.ts';
import type { ClaimUsage } from './claim-usage.ts';

/** The kubelet's Summary. @see kubernetes/staging/src/k8s.io/kubelet/pkg/apis/stats/v1alpha1/types.go */
export function statsSummary(usage: NodeUsage, claims: readonly ClaimUsage[] = []): object {
  const { name, startedAt, timestamp, memoryAvailableBytes, filesystem, processes, pods } = usage;
  const fs = { time: time(timestamp), ...roomOf(filesystem) };
  const usedBytes = filesystem.capacityBytes - filesystem.availableBytes;
  return {
    node: {
      nodeName: name,
      startTime: time(startedAt),
      cpu: cpuStats(usage.cpu, timestamp),
      memory: { ...memoryStats(usage.memory, timestamp), availableBytes: memoryAvailableBytes },
      fs: { ...fs, usedBytes, inodesUsed: filesystem.inodes - filesystem.freeInodes },
      rlimit: { time: time(timestamp), maxpid: processes.maximum, curproc: processes.current },
    },
    pods: pods.map((pod) => {
      const volumes = claims.filter(({ podUid }) => podUid === pod.uid);
      return { ...podStats(pod, filesystem), ...volumeStats(volumes, timestamp) };
    }),
  };
}

function volumeStats(claims: readonly ClaimUsage[], timestamp: number): object {
  if (claims.length === 0) return {};
  return {
    volume: claims.map(({ volume, namespace, claim, room }) => ({
      time: time(timestamp),
      ...roomOf(room),
      usedBytes: room.capacityBytes - room.availableBytes,
      inodesUsed: room.inodes - room.freeInodes,
      name: volume,
      pvcRef: { name: claim, namespace },
    })),
  };
}

function podStats(pod: PodUsage, filesystem: FilesystemRoom): object {
  const { name, namespace, uid, startedAt, timestamp, cpu, memory, network, containers } = pod;
  return {
    podRef: { name, namespace, uid },
    startTime: time(startedAt),
    containers: containers.map((container) => containerStats(container, filesystem)),
    cpu: cpuStats(cpu, timestamp),
    memory: {
      time: time(timestamp),
      usageBytes: memory.usageBytes,
      workingSetBytes: memory.workingSetBytes,
    },
    ...(network.length === 0
      ? {}
      : { network: { time: time(timestamp), ...network[0], interfaces: network } }),
    process_stats: { process_count: pod.processCount },
  };
}

function containerStats(container: ContainerUsage, filesystem: FilesystemRoom): object {
  const { name, startedAt, timestamp, cpu, memory, memoryAvailableBytes, writableLayer } = container;
  return {
    name,
    startTime: time(startedAt),
    cpu: cpuStats(cpu, timestamp),
    memory: {
      ...memoryStats(memory, timestamp),
      ...(memoryAvailableBytes === undefined ? {} : { availableBytes: memoryAvailableBytes }),
    },
    rootfs: {
      time: time(timestamp),
      ...roomOf(filesystem),
      usedBytes: writableLayer.bytes,
      inodesUsed: writableLayer.inodes,
    },
  };
}

function cpuStats({ nanoCores, totalNanoseconds }: CpuUsage, timestamp: number): object {
  return { time: time(timestamp), usageNanoCores: nanoCores, usageCoreNanoSeconds: totalNanoseconds };
}

function memoryStats({ majorPageFaults, ...memory }: MemoryUsage, timestamp: number): object {
  return { time: time(timestamp), ...memory, majorPageFaults };
}

function roomOf({ availableBytes, capacityBytes, freeInodes, inodes }: FilesystemRoom): object {
  return { availableBytes, capacityBytes, inodesFree: freeInodes, inodes };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
