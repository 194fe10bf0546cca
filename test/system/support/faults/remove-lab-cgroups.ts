import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeCgroup } from '../../../../src/runtime/cgroup/cgroup-files.ts';
import { cgroupOf } from '../peapod.ts';

const MOUNTS = '/sys/fs/cgroup';

/**
 * Takes away the cgroups of a lab that has ended: they are the only thing of it that all see.
 * @param cgroupParent the lab's own
 */
export async function removeLabCgroups(cgroupParent: string): Promise<void> {
  const root = labRoot(cgroupParent);
  const names = [cgroupParent, ...[root, join(root, 'cri'), join(root, 'cluster')].map(cgroupOf)];
  const hierarchies = [MOUNTS, ...readdirSync(MOUNTS).map((name) => join(MOUNTS, name))];
  for (const hierarchy of hierarchies.filter((one) => existsSync(join(one, 'cgroup.procs'))))
    for (const name of names) await removeCgroup(join(hierarchy, name));
}

/** The state directory of programs that run `peapod` itself: cgroups are named after it. */
export function labRoot(cgroupParent: string): string {
  return `/var/lib/peapod${cgroupParent}`;
}
