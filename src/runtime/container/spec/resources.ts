import { PeapodError } from '../../../model/errors.ts';
import type { LinuxContainerResources } from '../../pod-runtime.ts';
import type { OciResources } from './oci-spec.ts';

/**
 * What the OCI runtime shall write into the container's cgroup; what is absent stays as the kernel has it.
 * @throws PeapodError Unsupported for files of cgroup version 2 where that is not here, Invalid for a limit of swap without one of memory
 */
export function ociResources(resources: LinuxContainerResources, mode: 'v1' | 'v2'): OciResources {
  const result: OciResources = {};
  const memory = memoryLimits(resources, mode);
  if (memory) result.memory = memory;
  const cpu = cpuLimits(resources);
  if (Object.keys(cpu).length > 0) result.cpu = cpu;
  if (resources.pidsLimit !== undefined && resources.pidsLimit > 0)
    result.pids = { limit: resources.pidsLimit };
  if (resources.hugepageLimits && resources.hugepageLimits.length > 0) {
    result.hugepageLimits = resources.hugepageLimits.map(({ pageSize, limitBytes }) => ({
      pageSize: hugepageSize(pageSize),
      limit: limitBytes,
    }));
  }
  if (resources.unified && Object.keys(resources.unified).length > 0) {
    if (mode === 'v1')
      throw new PeapodError(
        'Unsupported',
        'linux.resources.unified: not supported: this host has cgroup version 1',
      );
    result.unified = { ...resources.unified };
  }
  return result;
}

/** Without a word on swap a container gets none beyond its memory limit, as the kubelet has it. */
function memoryLimits(resources: LinuxContainerResources, mode: 'v1' | 'v2'): OciResources['memory'] {
  const { memoryLimitBytes: limit, memorySwapLimitBytes: swap } = resources;
  if (limit === undefined || limit <= 0) {
    if (swap === undefined || swap <= 0) return undefined;
    throw new PeapodError(
      'Invalid',
      `linux.resources.memory_swap_limit_in_bytes: Invalid value: ${swap}: needs memory_limit_in_bytes, which it includes`,
    );
  }
  if (swap !== undefined && swap >= 0 && swap < limit)
    throw new PeapodError(
      'Invalid',
      `linux.resources.memory_swap_limit_in_bytes: Invalid value: ${swap}: must not be less than memory_limit_in_bytes, which it includes`,
    );
  if (swap !== undefined) return { limit, swap };
  return mode === 'v2' ? { limit, swap: limit } : { limit };
}

function cpuLimits(resources: LinuxContainerResources): NonNullable<OciResources['cpu']> {
  const cpu: NonNullable<OciResources['cpu']> = {};
  if (resources.cpuShares !== undefined && resources.cpuShares > 0) {
    cpu.shares = Math.min(262_144, Math.max(2, resources.cpuShares));
  }
  if (resources.cpuQuotaUs !== undefined && resources.cpuQuotaUs !== 0) cpu.quota = resources.cpuQuotaUs;
  if (resources.cpuPeriodUs !== undefined && resources.cpuPeriodUs > 0) cpu.period = resources.cpuPeriodUs;
  if (resources.cpusetCpus) cpu.cpus = resources.cpusetCpus;
  if (resources.cpusetMems) cpu.mems = resources.cpusetMems;
  return cpu;
}

/** `2Mi`, as resource names have it, to `2MB`, as cgroup files are called. */
function hugepageSize(pageSize: string): string {
  return pageSize.replace(/^(\d+)([KMG])i$/, '$1$2B');
}
