import { readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Pod } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import type { RuntimePaths } from '../paths.ts';
import type { PodVolumes, VolumeSources } from '../pod-volumes.ts';
import { containerMount } from './container-mount.ts';
import { diskUsage } from './disk-usage.ts';
import { makeVolume } from './make-volume.ts';
import { deleteUnmounted } from './mount-points.ts';
import type { MadeVolume } from './volume-context.ts';
import { badVolume, volumeFailure } from './volume-failure.ts';
import { checkedName, podVolumePaths } from './volume-paths.ts';

/** Sources of a call that only looks where things are: they were written by `setUp`. */
type MadeVolumes = Map<string, MadeVolume | undefined>;

export function openPodVolumes(paths: RuntimePaths, clock: Clock): PodVolumes {
  /** What `setUp` last made, by pod. A process that adopts a pod calls `setUp` first. */
  const known = new Map<string, MadeVolumes>();

  async function setUp(pod: Pod, sources: VolumeSources, signal: AbortSignal | undefined): Promise<void> {
    const uid = uidOf(pod);
    const podPaths = podVolumePaths(paths, uid);
    const volumes = pod.spec?.volumes ?? [];
    const results = await Promise.allSettled(
      volumes.map((volume) => makeVolume({ paths, podPaths, pod, volume, sources, signal }, clock.now())),
    );
    const made: MadeVolumes = new Map();
    for (const [index, result] of results.entries()) {
      const name = volumes[index]?.name ?? '';
      if (result.status === 'rejected') throw volumeFailure(name, result.reason);
      made.set(name, result.value);
    }
    known.set(uid, made);
  }

  return {
    setUp: (pod, sources, options = {}) => setUp(pod, sources, options.signal),

    async mountsFor(pod, container, env) {
      const uid = uidOf(pod);
      const made = known.get(uid);
      const { volatile } = podVolumePaths(paths, uid);
      return (container.volumeMounts ?? []).map((mount, index) => {
        const volume = pod.spec?.volumes?.find(({ name }) => name === mount.name);
        if (volume === undefined || made?.has(mount.name) !== true)
          throw badVolume(`volume "${mount.name}" has not been made`);
        const place = join(volatile, 'sub-paths', checkedName(container.name), String(index));
        return containerMount(mount, { volume, made: made.get(mount.name), env, place });
      });
    },

    async usage(pod) {
      const { persistent } = podVolumePaths(paths, uidOf(pod));
      const own = (pod.spec?.volumes ?? []).filter(
        ({ emptyDir }) => emptyDir !== undefined && (emptyDir.medium ?? '') === '',
      );
      const sizes = own.map(
        async ({ name }) => [name, await diskUsage(join(persistent, 'empty-dir', name))] as const,
      );
      return new Map(await Promise.all(sizes));
    },

    async tearDown(podUid) {
      known.delete(podUid);
      const { persistent, volatile } = podVolumePaths(paths, podUid);
      await deleteUnmounted(volatile);
      await deleteUnmounted(persistent);
      await rmdir(dirname(persistent)).catch(() => {});
    },

    async list() {
      const persistent = await readdir(paths.pods).catch((): string[] => []);
      const volatile = await readdir(join(paths.run, 'pods')).catch((): string[] => []);
      return [...new Set([...persistent, ...volatile])];
    },
  };
}

function uidOf(pod: Pod): string {
  return pod.metadata?.uid ?? '';
}
