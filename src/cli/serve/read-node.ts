import { readFileSync } from 'node:fs';
import type { NodeReading } from '../../agent/stats/node-reading.ts';
import { readRoom } from './read-room.ts';

/** What a tick of /proc/stat is, on every architecture that Node.js runs on. */
const NANOSECONDS_PER_TICK = 10_000_000;

/** The counters of this machine; the file system is the one that the pods' data lies on. */
export async function readNode(dataDirectory: string): Promise<NodeReading> {
  const filesystem = await readRoom(dataDirectory);
  const [stat = '', meminfo = '', vmstat = '', loadavg = '', pidMax = ''] = [
    '/proc/stat',
    '/proc/meminfo',
    '/proc/vmstat',
    '/proc/loadavg',
    '/proc/sys/kernel/pid_max',
  ].map(readOrEmpty);
  return {
    timestamp: Date.now(),
    startedAt: Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000,
    cpuNanoseconds: busyTicks(stat) * NANOSECONDS_PER_TICK,
    ...nodeMemory(meminfo, vmstat),
    filesystem,
    processes: { maximum: Number(pidMax), current: Number(/\/(\d+)/.exec(loadavg)?.[1] ?? 0) },
  };
}

/** The kernel writes these from memory: to wait for each in another thread takes several times as long. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** All that was not idle: guests' time is in the user's already. @param stat the text of /proc/stat */
export function busyTicks(stat: string): number {
  const fields = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return user + nice + system + irq + softirq + steal;
}

/** The working set is what cannot be dropped at once. @param meminfo, vmstat the texts of the files in /proc */
export function nodeMemory(
  meminfo: string,
  vmstat: string,
): Pick<NodeReading, 'memory' | 'memoryAvailableBytes'> {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) * 1024;
  const count = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(vmstat)?.[1] ?? 0);
  const total = bytes('MemTotal');
  const usageBytes = total - bytes('MemFree');
  const workingSetBytes = Math.max(0, usageBytes - bytes('Inactive\\(file\\)'));
  return {
    memory: {
      usageBytes,
      workingSetBytes,
      rssBytes: bytes('AnonPages'),
      pageFaults: count('pgfault'),
      majorPageFaults: count('pgmajfault'),
    },
    memoryAvailableBytes: total - workingSetBytes,
  };
}
