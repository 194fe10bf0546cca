import { readFile } from 'node:fs/promises';
import type { ContainerContext } from './container/container-context.ts';
import { containerStats } from './container/container-stats.ts';
import { listContainers } from './container/container-status.ts';
import type { PodSandboxStats, PodSandboxStatus, StatsOptions } from './pod-runtime.ts';

/** What a pod uses, as a whole and container by container. */
export async function sandboxStats(
  context: ContainerContext,
  sandbox: PodSandboxStatus,
  options: StatsOptions = {},
): Promise<PodSandboxStats> {
  const running = await listContainers(context, { sandboxId: sandbox.id, state: 'CONTAINER_RUNNING' });
  const [pod, network, containers] = await Promise.all([
    context.cgroups.stats(sandbox.cgroupParent),
    readNetworkCounters(sandbox.pid),
    Promise.all(running.map(({ id }) => containerStats(context, id, options))),
  ]);
  return {
    id: sandbox.id,
    timestamp: context.clock.now(),
    cpuUsageNanoCoreSeconds: pod.cpuUsageNanoCoreSeconds,
    memoryWorkingSetBytes: pod.memoryWorkingSetBytes,
    memoryUsageBytes: pod.memoryUsageBytes,
    processCount: pod.processCount,
    ...(pod.pressure === undefined ? {} : { pressure: pod.pressure }),
    network,
    containers,
  };
}

/** The interfaces of the infra container's network namespace, without loopback. */
async function readNetworkCounters(infraPid: number): Promise<PodSandboxStats['network']> {
  if (infraPid <= 0) return [];
  return networkCountersIn(await readFile(`/proc/${infraPid}/net/dev`, 'utf8').catch(() => ''));
}

/** @param table the text of `/proc/PID/net/dev` */
export function networkCountersIn(table: string): PodSandboxStats['network'] {
  return table
    .split('\n')
    .slice(2)
    .map((line) => line.trim().split(/[\s:]+/))
    .filter(([name]) => name !== undefined && name !== '' && name !== 'lo')
    .map(([name = '', ...counters]) => ({
      name,
      rxBytes: Number(counters[0]),
      rxPackets: Number(counters[1]),
      rxErrors: Number(counters[2]),
      rxDropped: Number(counters[3]),
      txBytes: Number(counters[8]),
      txPackets: Number(counters[9]),
      txErrors: Number(counters[10]),
      txDropped: Number(counters[11]),
    }));
}
