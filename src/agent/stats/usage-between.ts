import type { ContainerUsage, CpuUsage, NodeUsage, PodUsage } from '../../model/usage/node-usage.ts';
import type { ContainerStats } from '../../runtime/pod-runtime.ts';
import type { PodSample, Sample } from './take-sample.ts';

interface Counter {
  readonly timestamp: number;
  readonly cpuUsageNanoCoreSeconds: number;
}

/** What was used between two samples. What the first does not have, or has counted further, has no rate yet. */
export function usageBetween(name: string, before: Sample, after: Sample): NodeUsage {
  const earlierPods = new Map(before.pods.map((pod) => [pod.sandbox.id, pod]));
  const { node } = after;
  const cpu = (one: Sample): Counter => ({
    timestamp: one.node.timestamp,
    cpuUsageNanoCoreSeconds: one.node.cpuNanoseconds,
  });
  const { startedAt, timestamp, memory, memoryAvailableBytes, filesystem, processes } = node;
  return {
    name,
    startedAt,
    timestamp,
    windowMs: timestamp - before.node.timestamp,
    cpu: cpuUsage(cpu(before), cpu(after)),
    memory,
    memoryAvailableBytes,
    filesystem,
    processes,
    pods: after.pods.map((pod) => podUsage(earlierPods.get(pod.sandbox.id), pod)),
  };
}

function podUsage(before: PodSample | undefined, { sandbox, stats, containers }: PodSample): PodUsage {
  const { name, namespace, uid } = sandbox.metadata;
  const earlier = new Map((before?.stats.containers ?? []).map((one) => [one.id, one]));
  const measured = new Map(stats.containers.map((one) => [one.id, one]));
  return {
    name,
    namespace,
    uid,
    startedAt: sandbox.createdAt,
    timestamp: stats.timestamp,
    cpu: cpuUsage(before?.stats, stats),
    memory: { usageBytes: stats.memoryUsageBytes, workingSetBytes: stats.memoryWorkingSetBytes },
    processCount: stats.processCount,
    network: stats.network,
    containers: containers.flatMap(({ id, metadata, startedAt, userImage }) => {
      const now = measured.get(id);
      const identity = { id, name: metadata.name, image: userImage, startedAt };
      return now === undefined ? [] : [{ ...identity, ...containerUsage(earlier.get(id), now) }];
    }),
  };
}

function containerUsage(
  before: ContainerStats | undefined,
  now: ContainerStats,
): Omit<ContainerUsage, 'id' | 'name' | 'image' | 'startedAt'> {
  return {
    timestamp: now.timestamp,
    cpu: cpuUsage(before, now),
    memory: {
      usageBytes: now.memoryUsageBytes,
      workingSetBytes: now.memoryWorkingSetBytes,
      rssBytes: now.memoryRssBytes,
      pageFaults: now.memoryPageFaults,
      majorPageFaults: now.memoryMajorPageFaults,
    },
    memoryAvailableBytes: now.memoryAvailableBytes,
    writableLayer: { bytes: now.writableLayerBytes, inodes: now.writableLayerInodes },
  };
}

function cpuUsage(before: Counter | undefined, after: Counter): CpuUsage {
  const totalNanoseconds = after.cpuUsageNanoCoreSeconds;
  const used = totalNanoseconds - (before?.cpuUsageNanoCoreSeconds ?? totalNanoseconds);
  const seconds = (after.timestamp - (before?.timestamp ?? after.timestamp)) / 1000;
  return { totalNanoseconds, nanoCores: seconds > 0 && used > 0 ? Math.round(used / seconds) : 0 };
}
