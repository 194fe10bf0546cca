import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { pathOfCgroup } from '../cgroup/cgroup-place.ts';
import { findPrograms } from '../linux/find-programs.ts';
import { forgetContainer } from '../oci/forget-container.ts';
import { killTree } from '../linux/kill-tree.ts';
import { deleteContainerFiles } from './container-rootfs.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import { findRecord } from './container-record.ts';
import { killConmon } from './kill-conmon.ts';
import type { OciSpec } from './spec/oci-spec.ts';

/** Takes away all that there is of a container, however far it had come, its processes first. The caller holds its lock. */
export async function discardContainer(context: ContainerContext, id: string): Promise<void> {
  const paths = containerPaths(context.paths, id);
  const record = await findRecord(context.paths.containers, id);
  const bundleExists = await exists(paths.bundle);
  if (!record && !bundleExists && !(await exists(paths.persistent))) return;
  // conmon first: what it has begun must not be finished behind our back.
  if (bundleExists) await killConmon(paths, id);
  // One that has not come so far as to write down its number.
  if (!record || record.createdAt === 0) for (const pid of findPrograms(context.conmon, id)) killTree(pid);
  const cgroup = record?.cgroupPath ?? (await cgroupInBundle(paths.spec, id));
  if (cgroup !== undefined) await context.cgroups.kill(cgroup);
  if (bundleExists) {
    await forgetContainer(record?.runtime ?? context.runtime, id);
    await killConmon(paths, id);
  }
  if (cgroup !== undefined) await context.cgroups.remove(cgroup);
  await deleteContainerFiles(paths);
}

/** Of one whose record is lost, or torn. */
async function cgroupInBundle(spec: string, id: string): Promise<string | undefined> {
  try {
    // A pipe may still be in its place.
    const flag = constants.O_RDONLY | constants.O_NONBLOCK;
    const { linux } = JSON.parse(await readFile(spec, { encoding: 'utf8', flag })) as Partial<OciSpec>;
    const path = pathOfCgroup(linux?.cgroupsPath ?? '');
    return path.includes(id) ? path : undefined;
  } catch {
    // Torn too, or not written yet: then there is none.
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
