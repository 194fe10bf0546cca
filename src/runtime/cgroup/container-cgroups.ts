import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { CgroupStats, ContainerCgroups } from '../container/container-context.ts';
import {
  cgroupProcesses,
  killCgroup,
  makeCgroup,
  readCgroupFile,
  readKeyedFile,
  removeCgroup,
  removeIfEmpty,
  writeCgroupFile,
} from './cgroup-files.ts';
import { type CgroupLayout, hierarchies } from './cgroup-layout.ts';
import { readPressure } from './read-pressure.ts';
import { readUsageDetails } from './read-usage-details.ts';

/** More than any machine has: what cgroup v1 says for "not limited". */
const NO_LIMIT_BYTES = 2 ** 62;

const MOVE_ATTEMPTS = 5;

/** Of version 1: those in which a pod has a cgroup of its own. */
const COUNTING = new Set(['cpu', 'cpuacct', 'memory', 'pids', 'hugetlb']);

/** The cgroups of single containers, and the one of all conmons. Paths are relative to each hierarchy's root. */
export function openContainerCgroups(
  layout: CgroupLayout,
  parent: string,
): ContainerCgroups & {
  /** Moves a process that does nothing into a cgroup, made when missing, that has the least share of the processor. */
  enter(path: string, pid: number): Promise<void>;
  removeEmpty(): Promise<void>;
} {
  const roots = hierarchies(layout);
  const counting = countingHierarchies(layout);
  const mountOf = (controller: string) =>
    layout.version === 2 ? layout.mountPoint : layout.controllers.get(controller);
  return {
    async enterConmon(pid) {
      const wanted =
        layout.version === 2
          ? roots
          : ['cpu', 'memory', 'pids'].map(mountOf).filter((mount) => mount !== undefined);
      for (const mount of new Set(wanted)) {
        await moveInto(join(mount, parent, 'conmon'), pid);
      }
    },
    async enter(path, pid) {
      for (const root of counting) {
        const directory = join(root, path);
        await moveInto(directory, pid, async () => {
          if (root === mountOf('cpu')) await writeLeastShare(directory, layout.version);
        });
      }
    },
    async kill(path) {
      await Promise.all(roots.map((root) => killCgroup(join(root, path))));
    },
    async remove(path) {
      await Promise.all(roots.map((root) => removeCgroup(join(root, path))));
    },
    /** Takes away what stands above containers whose caller brought no cgroup, once none is left. */
    async removeEmpty() {
      for (const name of ['cri', 'pool', 'conmon', ''])
        await Promise.all(roots.map((root) => removeIfEmpty(join(root, parent, name))));
    },
    async processes(path) {
      const mount = mountOf('memory') ?? roots[0];
      return mount === undefined ? [] : cgroupProcesses(join(mount, path));
    },
    async oomKills(path) {
      const mount = mountOf('memory');
      if (mount === undefined) return 0;
      const counters = await readKeyedFile(
        join(mount, path),
        layout.version === 2 ? 'memory.events' : 'memory.oom_control',
      );
      return counters.get('oom_kill') ?? 0;
    },
    stats: async (path) => {
      const unified = layout.version === 2 ? layout.mountPoint : layout.unified;
      const [usage, pressure] = await Promise.all([
        layout.version === 2
          ? statsOfVersion2(join(layout.mountPoint, path))
          : statsOfVersion1(mountOf, path),
        unified === undefined ? {} : readPressure(join(unified, path)),
      ]);
      return Object.keys(pressure).length === 0 ? usage : { ...usage, pressure };
    },
    details: (path) =>
      readUsageDetails(layout.version, (controller) => join(mountOf(controller) ?? '/nonexistent', path)),
  };
}

/** Without those whose limits mean nothing to a process that does nothing: each costs a directory for each pod. */
function countingHierarchies(layout: CgroupLayout): string[] {
  if (layout.version === 2) return hierarchies(layout);
  const controllers = [...layout.controllers].filter(
    ([name]) => COUNTING.has(name) || name.startsWith('name='),
  );
  return hierarchies({ ...layout, controllers: new Map(controllers) });
}

async function writeLeastShare(directory: string, version: 1 | 2): Promise<void> {
  if (version === 2) await writeCgroupFile(directory, 'cpu.weight', 1);
  else await writeCgroupFile(directory, 'cpu.shares', 2);
}

async function statsOfVersion1(
  mountOf: (controller: string) => string | undefined,
  path: string,
): Promise<CgroupStats> {
  const read = async (controller: string, file: string) => {
    const mount = mountOf(controller);
    return Number((mount === undefined ? undefined : await readCgroupFile(join(mount, path), file)) ?? 0);
  };
  const memory = await readKeyedFile(join(mountOf('memory') ?? '/nonexistent', path), 'memory.stat');
  return cgroupStats({
    cpuNanoseconds: await read('cpuacct', 'cpuacct.usage'),
    usageBytes: await read('memory', 'memory.usage_in_bytes'),
    limitBytes: await read('memory', 'memory.limit_in_bytes'),
    inactiveFileBytes: memory.get('total_inactive_file'),
    rssBytes: memory.get('total_rss'),
    pageFaults: memory.get('total_pgfault'),
    majorPageFaults: memory.get('total_pgmajfault'),
    swapBytes: memory.get('total_swap'),
    // Here swap is limited together with memory.
    swapLimitBytes: memory.has('hierarchical_memsw_limit')
      ? (memory.get('hierarchical_memsw_limit') ?? 0) - (memory.get('hierarchical_memory_limit') ?? 0)
      : undefined,
    processCount: await read('pids', 'pids.current'),
  });
}

async function statsOfVersion2(directory: string): Promise<CgroupStats> {
  const memory = await readKeyedFile(directory, 'memory.stat');
  const cpu = await readKeyedFile(directory, 'cpu.stat');
  const limit = ((await readCgroupFile(directory, 'memory.max')) ?? 'max').trim();
  return cgroupStats({
    cpuNanoseconds: (cpu.get('usage_usec') ?? 0) * 1000,
    usageBytes: Number((await readCgroupFile(directory, 'memory.current')) ?? 0),
    limitBytes: limit === 'max' ? Number.POSITIVE_INFINITY : Number(limit),
    inactiveFileBytes: memory.get('inactive_file'),
    rssBytes: memory.get('anon'),
    pageFaults: memory.get('pgfault'),
    majorPageFaults: memory.get('pgmajfault'),
    swapBytes: await optionalNumber(directory, 'memory.swap.current'),
    swapLimitBytes: await optionalNumber(directory, 'memory.swap.max'),
    processCount: Number((await readCgroupFile(directory, 'pids.current')) ?? 0),
  });
}

interface RawStats {
  cpuNanoseconds: number;
  usageBytes: number;
  limitBytes: number;
  inactiveFileBytes: number | undefined;
  rssBytes: number | undefined;
  pageFaults: number | undefined;
  majorPageFaults: number | undefined;
  swapBytes: number | undefined;
  /** Not a number: not limited. */
  swapLimitBytes: number | undefined;
  processCount: number;
}

async function optionalNumber(directory: string, file: string): Promise<number | undefined> {
  const text = await readCgroupFile(directory, file);
  return text === undefined ? undefined : Number(text);
}

/** The working set is what can't be dropped at once: usage without the inactive file cache, as cAdvisor counts it. */
function cgroupStats(raw: RawStats): CgroupStats {
  const workingSet = Math.max(0, raw.usageBytes - (raw.inactiveFileBytes ?? 0));
  const limited = raw.limitBytes > 0 && raw.limitBytes < NO_LIMIT_BYTES;
  return {
    cpuUsageNanoCoreSeconds: raw.cpuNanoseconds,
    memoryWorkingSetBytes: workingSet,
    memoryUsageBytes: raw.usageBytes,
    memoryRssBytes: raw.rssBytes ?? 0,
    memoryPageFaults: raw.pageFaults ?? 0,
    memoryMajorPageFaults: raw.majorPageFaults ?? 0,
    memoryAvailableBytes: limited ? Math.max(0, raw.limitBytes - workingSet) : undefined,
    processCount: raw.processCount,
    ...swapStats(raw, limited),
  };
}

/** Memory that is not limited has no limit of swap either. */
function swapStats(
  { swapBytes, swapLimitBytes: limit = Number.NaN }: RawStats,
  limited: boolean,
): Pick<CgroupStats, 'memorySwapBytes' | 'memorySwapAvailableBytes'> {
  if (swapBytes === undefined) return {};
  const known = limited && limit >= 0 && limit < NO_LIMIT_BYTES;
  return {
    memorySwapBytes: swapBytes,
    ...(known ? { memorySwapAvailableBytes: Math.max(0, limit - swapBytes) } : {}),
  };
}

/** Whoever sees the cgroup empty, after it was made and before the process is in it, may take it away: then it is made again. */
async function moveInto(
  directory: string,
  pid: number,
  prepare: () => Promise<void> = async () => {},
): Promise<void> {
  for (let attempt = 1; attempt <= MOVE_ATTEMPTS; attempt++) {
    await makeCgroup(directory);
    await prepare();
    if (await writeCgroupFile(directory, 'cgroup.procs', pid)) return;
  }
  throw new PeapodError(
    'Unavailable',
    `cannot put process ${pid} into ${directory}: it is taken away again and again`,
    {
      retryable: true,
    },
  );
}
