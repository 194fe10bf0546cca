import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodCgroupResources, PodCgroups, QosClass } from '../pod-cgroups.ts';
import {
  killCgroup,
  makeCgroup,
  readCgroupFile,
  removeCgroup,
  removeIfEmpty,
  writeCgroupFile,
} from './cgroup-files.ts';
import { explainFailure } from '../explain-failure.ts';
import { type CgroupLayout, hierarchies } from './cgroup-layout.ts';
import { limitFiles } from './limit-files.ts';

const QOS_DIRECTORIES = ['', 'burstable', 'besteffort'] as const;
const CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids'];
/** The least the kernel knows: the share of those who asked for nothing. */
const MIN_CPU_SHARES = 2;

/** @param parent the cgroup above all pods, e.g. `/peapod` */
export function openPodCgroups(layout: CgroupLayout, parent: string): PodCgroups {
  const roots = hierarchies(layout);
  let together: PodCgroupResources | undefined;
  return {
    ensure: (pod, resources) =>
      explainFailure("cannot make the pod's cgroup", 'CreatePodSandboxError', async () => {
        const path = podPath(parent, pod.qosClass, pod.uid);
        await ensureLevels(layout, parent, path);
        // The cgroup of all may have gone with the last pod.
        if (together !== undefined) await writeLimits(layout, parent, together);
        await writeLimits(layout, path, resources);
        await writeQosShares(layout, parent);
        return path;
      }),

    remove: (podUid) =>
      explainFailure("cannot remove the pod's cgroup", 'Unavailable', async () => {
        for (const qos of QOS_DIRECTORIES) {
          const path = join(parent, qos, `pod${podUid}`);
          await Promise.all(roots.map((root) => killCgroup(join(root, path))));
          await Promise.all(roots.map((root) => removeCgroup(join(root, path))));
        }
        for (const qos of ['burstable', 'besteffort', 'conmon', '']) {
          await Promise.all(roots.map((root) => removeIfEmpty(join(root, parent, qos))));
        }
      }),

    async list() {
      const found = new Set<string>();
      for (const root of roots) {
        for (const qos of QOS_DIRECTORIES) {
          const names = await readdir(join(root, parent, qos)).catch((): string[] => []);
          for (const name of names) if (name.startsWith('pod')) found.add(name.slice('pod'.length));
        }
      }
      return [...found];
    },

    limitAll: (resources) =>
      explainFailure('cannot bound the cgroup of all pods', 'Unavailable', async () => {
        together = resources;
        await writeLimits(layout, parent, resources ?? {});
        if (resources === undefined) await resetShares(layout, parent);
      }),
  };
}

function podPath(parent: string, qosClass: QosClass, uid: string): string {
  return join(parent, qosClass === 'Guaranteed' ? '' : qosClass.toLowerCase(), `pod${uid}`);
}

/** Makes the cgroup and those above it; on version 2 hands the controllers down to it, and on to its containers. */
async function ensureLevels(layout: CgroupLayout, parent: string, path: string): Promise<void> {
  if (layout.version === 1) {
    const limited = ['cpu', 'cpuacct', 'memory', 'pids', 'hugetlb'];
    const mounts = new Set(
      limited.map((name) => layout.controllers.get(name)).filter((mount) => mount !== undefined),
    );
    await Promise.all([...mounts].map((mount) => makeCgroup(join(mount, path))));
    return;
  }
  const levels = ['', parent];
  for (const name of path.slice(parent.length).split('/').filter(Boolean))
    levels.push(join(levels.at(-1) ?? '', name));
  for (const level of levels) {
    const directory = join(layout.mountPoint, level);
    await makeCgroup(directory);
    const available = ((await readCgroupFile(directory, 'cgroup.controllers')) ?? '').trim().split(' ');
    for (const name of CONTROLLERS.filter((controller) => available.includes(controller))) {
      await writeCgroupFile(directory, 'cgroup.subtree_control', `+${name}`);
    }
  }
}

async function writeLimits(layout: CgroupLayout, path: string, resources: PodCgroupResources): Promise<void> {
  for (const { controller, file, value } of limitFiles(layout.version, resources)) {
    const mount = layout.version === 2 ? layout.mountPoint : layout.controllers.get(controller);
    if (mount !== undefined) await writeCgroupFile(join(mount, path), file, value);
  }
}

/** As the kernel makes a new cgroup. */
async function resetShares(layout: CgroupLayout, path: string): Promise<void> {
  if (layout.version === 2) await writeCgroupFile(join(layout.mountPoint, path), 'cpu.weight', 100);
  else {
    const mount = layout.controllers.get('cpu');
    if (mount !== undefined) await writeCgroupFile(join(mount, path), 'cpu.shares', 1024);
  }
}

/** As the kubelet: the Burstable class weighs as much as its pods together, the BestEffort class the least. */
async function writeQosShares(layout: CgroupLayout, parent: string): Promise<void> {
  const mount = layout.version === 2 ? layout.mountPoint : layout.controllers.get('cpu');
  if (mount === undefined) return;
  const file = layout.version === 2 ? 'cpu.weight' : 'cpu.shares';
  await writeCgroupFile(join(mount, parent, 'besteffort'), file, layout.version === 2 ? 1 : MIN_CPU_SHARES);
  const burstable = join(mount, parent, 'burstable');
  const pods = (await readdir(burstable).catch((): string[] => [])).filter((name) => name.startsWith('pod'));
  if (pods.length === 0) return;
  const shares = await Promise.all(pods.map((pod) => readCgroupFile(join(burstable, pod), file)));
  const most = layout.version === 2 ? 10_000 : 262_144;
  const total = shares.reduce((sum, text) => sum + Number(text ?? 0), 0);
  await writeCgroupFile(
    burstable,
    file,
    Math.min(most, Math.max(layout.version === 2 ? 1 : MIN_CPU_SHARES, total)),
  );
}
