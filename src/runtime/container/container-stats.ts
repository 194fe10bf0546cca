import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerStats, StatsOptions } from '../pod-runtime.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { loadRecord } from './container-record.ts';

/** @throws PeapodError NotFound */
export async function containerStats(
  context: ContainerContext,
  id: string,
  { detailed = false }: StatsOptions = {},
): Promise<ContainerStats> {
  const record = await loadRecord(context.paths.containers, id);
  const [cgroup, layer, details] = await Promise.all([
    context.cgroups.stats(record.cgroupPath),
    diskUsage(containerPaths(context.paths, id).upper),
    detailed ? context.cgroups.details(record.cgroupPath) : undefined,
  ]);
  return {
    id,
    timestamp: context.clock.now(),
    ...cgroup,
    writableLayerBytes: layer.bytes,
    writableLayerInodes: layer.inodes,
    ...(details === undefined ? {} : { details }),
  };
}

/** What a directory takes on the disk; files that vanish meanwhile count nothing, hard links once. */
export async function diskUsage(root: string): Promise<{ bytes: number; inodes: number }> {
  const seen = new Set<number>();
  let bytes = 0;
  const pending = [root];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const stat = await lstat(path).catch(() => undefined);
    if (!stat || seen.has(stat.ino)) continue;
    seen.add(stat.ino);
    bytes += stat.blocks * 512;
    if (!stat.isDirectory()) continue;
    const names = await readdir(path).catch(() => []);
    for (const name of names) pending.push(join(path, name));
  }
  return { bytes, inodes: seen.size };
}
