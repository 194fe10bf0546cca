import type { MountEntry } from '../linux/proc.ts';

/**
 * How this host mounts its controllers. A hybrid host counts as version 1: its unified hierarchy holds no controller that limits.
 * Controllers that /proc/PID/cgroup names and nobody has mounted are left alone.
 */
export type CgroupLayout =
  | {
      version: 1 /** Mount point by controller name. */;
      controllers: ReadonlyMap<string, string>;
      unified: string | undefined;
    }
  | { version: 2; mountPoint: string };

const LIMITING = new Set([
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'pids',
  'hugetlb',
  'devices',
  'freezer',
  'blkio',
  'net_cls',
  'net_prio',
  'perf_event',
  'rdma',
  'misc',
]);

export function cgroupLayout(mounts: readonly MountEntry[]): CgroupLayout | undefined {
  const controllers = new Map<string, string>();
  let unified: string | undefined;
  for (const { type, mountPoint, superOptions } of mounts) {
    if (type === 'cgroup2') unified ??= mountPoint;
    if (type !== 'cgroup') continue;
    for (const option of superOptions) {
      if (LIMITING.has(option) || option.startsWith('name=')) controllers.set(option, mountPoint);
    }
  }
  if (controllers.has('memory') || controllers.has('cpu')) return { version: 1, controllers, unified };
  return unified === undefined ? undefined : { version: 2, mountPoint: unified };
}

/** Every directory in which a cgroup's path is to be made: one for each hierarchy. */
export function hierarchies(layout: CgroupLayout): string[] {
  if (layout.version === 2) return [layout.mountPoint];
  const all = [...layout.controllers.values(), ...(layout.unified === undefined ? [] : [layout.unified])];
  return [...new Set(all)];
}
