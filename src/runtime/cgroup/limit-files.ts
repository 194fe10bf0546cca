import type { PodCgroupResources } from '../pod-cgroups.ts';

/** One value for one file of one controller. */
export interface LimitFile {
  controller: string;
  file: string;
  value: string | number;
}

const DEFAULT_PERIOD_US = 100_000;

/** What to write for these limits; a limit that is absent is lifted. @see kernel docs, cgroup-v1 and cgroup-v2 */
export function limitFiles(version: 1 | 2, resources: PodCgroupResources): LimitFile[] {
  return version === 1 ? filesOfVersion1(resources) : filesOfVersion2(resources);
}

/** Shares 2 to 262144 become weights 1 to 10000. @see KEP-2254 */
export function cpuWeight(shares: number): number {
  const clamped = Math.min(262_144, Math.max(2, shares));
  return Math.floor(1 + ((clamped - 2) * 9999) / 262_142);
}

function filesOfVersion1(resources: PodCgroupResources): LimitFile[] {
  const {
    cpuShares,
    cpuPeriodUs = DEFAULT_PERIOD_US,
    cpuQuotaUs = -1,
    memoryLimitBytes,
    pidsLimit,
    hugepageLimits = [],
  } = resources;
  return [
    ...(cpuShares === undefined ? [] : [{ controller: 'cpu', file: 'cpu.shares', value: cpuShares }]),
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: cpuPeriodUs },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: cpuQuotaUs },
    { controller: 'memory', file: 'memory.limit_in_bytes', value: memoryLimitBytes ?? -1 },
    { controller: 'pids', file: 'pids.max', value: pidsLimit ?? 'max' },
    ...hugepageLimits.map(({ pageSize, limitBytes }) => ({
      controller: 'hugetlb',
      file: `hugetlb.${pageSize.replace('i', 'B')}.limit_in_bytes`,
      value: limitBytes,
    })),
  ];
}

function filesOfVersion2(resources: PodCgroupResources): LimitFile[] {
  const {
    cpuShares,
    cpuPeriodUs = DEFAULT_PERIOD_US,
    cpuQuotaUs,
    memoryLimitBytes,
    pidsLimit,
    hugepageLimits = [],
  } = resources;
  return [
    ...(cpuShares === undefined
      ? []
      : [{ controller: 'cpu', file: 'cpu.weight', value: cpuWeight(cpuShares) }]),
    { controller: 'cpu', file: 'cpu.max', value: `${cpuQuotaUs ?? 'max'} ${cpuPeriodUs}` },
    { controller: 'memory', file: 'memory.max', value: memoryLimitBytes ?? 'max' },
    { controller: 'pids', file: 'pids.max', value: pidsLimit ?? 'max' },
    ...hugepageLimits.map(({ pageSize, limitBytes }) => ({
      controller: 'hugetlb',
      file: `hugetlb.${pageSize.replace('i', 'B')}.max`,
      value: limitBytes,
    })),
  ];
}
