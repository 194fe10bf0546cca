/**
 * The kubelet's arithmetic from requests and limits to cgroup settings.
 * @see kubernetes/pkg/kubelet/cm/helpers_linux.go and qos/policy.go
 */
import type { Container, Pod } from './api/types.ts';
import { podLimits, podRequests } from './pod-requests.ts';
import { qosClass } from './qos-class.ts';
import { milliCpuOf, parseResources, type ResourceAmounts, wholeAmountOf } from './resource-list.ts';

const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const SHARES_PER_CPU = 1024;
export const CPU_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1000;

/** `cpu.shares` as in cgroup v1, 2 to 262144. */
export function milliCpuToShares(milliCpu: number): number {
  if (milliCpu === 0) return MIN_SHARES;
  return Math.min(Math.max(Math.floor((milliCpu * SHARES_PER_CPU) / 1000), MIN_SHARES), MAX_SHARES);
}

/** Microseconds of CPU time per `CPU_PERIOD_US`; nothing without a limit. */
export function milliCpuToQuotaUs(milliCpu: number): number | undefined {
  if (milliCpu === 0) return undefined;
  return Math.max(Math.floor((milliCpu * CPU_PERIOD_US) / 1000), MIN_QUOTA_US);
}

/** What a cgroup shall be set to; absent: unlimited. */
export interface CgroupSettings {
  cpuShares?: number;
  cpuQuotaUs?: number;
  cpuPeriodUs?: number;
  memoryLimitBytes?: number;
  hugepageLimits?: { pageSize: string; limitBytes: number }[];
}

/** For the pod's own cgroup: a limit holds there only when the pod, or every container, has it. */
export function podCgroupSettings(pod: Pod): CgroupSettings {
  const requests = podRequests(pod);
  const limits = podLimits(pod);
  const podLevel = parseResources(pod.spec?.resources?.limits);
  const settings: CgroupSettings = { hugepageLimits: hugepageLimits(limits) };
  if (qosClass(pod) === 'BestEffort') return { ...settings, cpuShares: MIN_SHARES };
  settings.cpuShares = milliCpuToShares(milliCpuOf(requests));
  if (podLevel.has('cpu') || everyContainerLimits(pod, 'cpu')) {
    const quota = milliCpuToQuotaUs(milliCpuOf(limits));
    if (quota !== undefined) Object.assign(settings, { cpuQuotaUs: quota, cpuPeriodUs: CPU_PERIOD_US });
  }
  if (podLevel.has('memory') || everyContainerLimits(pod, 'memory')) {
    settings.memoryLimitBytes = wholeAmountOf(limits, 'memory');
  }
  return settings;
}

function everyContainerLimits(pod: Pod, resource: string): boolean {
  return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].every(
    (container) => (parseResources(container.resources?.limits).get(resource)?.nano ?? 0n) > 0n,
  );
}

export interface ContainerCgroupSettings extends CgroupSettings {
  oomScoreAdj: number;
}

/**
 * For one container. Without limits of its own it may take what the pod may.
 * @param nodeMemoryBytes the node's memory, by which the OOM score of a Burstable pod's container is weighed
 */
export function containerCgroupSettings(
  pod: Pod,
  container: Pick<Container, 'name' | 'resources'>,
  nodeMemoryBytes: number,
): ContainerCgroupSettings {
  const requests = parseResources(container.resources?.requests);
  const limits = parseResources(container.resources?.limits);
  const podLevel = parseResources(pod.spec?.resources?.limits);
  const cpuLimit = milliCpuOf(limits) || milliCpuOf(podLevel);
  // A limit stands in for a request that is not there.
  const cpuRequest = requests.has('cpu') ? milliCpuOf(requests) : cpuLimit;
  const settings: ContainerCgroupSettings = {
    cpuShares: milliCpuToShares(cpuRequest),
    oomScoreAdj: oomScoreAdj(pod, container, nodeMemoryBytes),
    hugepageLimits: hugepageLimits(limits),
  };
  const quota = milliCpuToQuotaUs(cpuLimit);
  if (quota !== undefined) Object.assign(settings, { cpuQuotaUs: quota, cpuPeriodUs: CPU_PERIOD_US });
  const memory = wholeAmountOf(limits, 'memory') || wholeAmountOf(podLevel, 'memory');
  if (memory > 0) settings.memoryLimitBytes = memory;
  return settings;
}

const GUARANTEED_OOM_SCORE_ADJ = -997;
const BEST_EFFORT_OOM_SCORE_ADJ = 1000;
const NODE_CRITICAL_CLASS = 'system-node-critical';

/** Of a Burstable pod's container: the more of the node's memory it requests, the later it is killed. */
export function oomScoreAdj(
  pod: Pod,
  container: Pick<Container, 'name' | 'resources'>,
  nodeMemoryBytes: number,
): number {
  const critical = pod.spec?.priorityClassName === NODE_CRITICAL_CLASS;
  const qos = qosClass(pod);
  if (critical || qos === 'Guaranteed') return GUARANTEED_OOM_SCORE_ADJ;
  if (qos === 'BestEffort') return BEST_EFFORT_OOM_SCORE_ADJ;
  const request = wholeAmountOf(parseResources(container.resources?.requests), 'memory') + podShare(pod);
  const adjustment = 1000 - Math.floor((1000 * request) / nodeMemoryBytes);
  const lowest = 1000 + GUARANTEED_OOM_SCORE_ADJ;
  if (isSidecarOf(pod, container)) {
    const app = pod.spec?.containers ?? [];
    const smallest = Math.min(
      ...app.map((one) => wholeAmountOf(parseResources(one.resources?.requests), 'memory')),
    );
    const sidecar = 1000 - Math.floor((1000 * (smallest + podShare(pod))) / nodeMemoryBytes);
    return clampBurstable(Math.min(adjustment, sidecar), lowest);
  }
  return clampBurstable(adjustment, lowest);
}

function clampBurstable(adjustment: number, lowest: number): number {
  if (adjustment < lowest) return lowest;
  return adjustment === BEST_EFFORT_OOM_SCORE_ADJ ? adjustment - 1 : adjustment;
}

/** What the pod requests beyond its containers, divided among them. */
function podShare(pod: Pod): number {
  const own = parseResources(pod.spec?.resources?.requests);
  if (!own.has('memory')) return 0;
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const sum = wholeAmountOf(podRequests(pod, { overhead: false, podLevel: false }), 'memory');
  return Math.max(Math.floor((wholeAmountOf(own, 'memory') - sum) / all.length), 0);
}

function isSidecarOf(pod: Pod, container: Pick<Container, 'name'>): boolean {
  return (pod.spec?.initContainers ?? []).some(
    (init) => init.name === container.name && init.restartPolicy === 'Always',
  );
}

/** `hugepages-2Mi: 4Mi` → page size `2MB`, as the kernel names it. */
function hugepageLimits(limits: ResourceAmounts): { pageSize: string; limitBytes: number }[] {
  return [...limits.keys()]
    .filter((name) => name.startsWith('hugepages-'))
    .map((name) => ({
      pageSize: kernelPageSize(name.slice('hugepages-'.length)),
      limitBytes: wholeAmountOf(limits, name),
    }));
}

function kernelPageSize(size: string): string {
  let bytes = wholeAmountOf(parseResources({ size }), 'size');
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  while (bytes >= 1024 && units.length > 1) {
    bytes /= 1024;
    units.shift();
  }
  return `${bytes}${units[0]}`;
}
