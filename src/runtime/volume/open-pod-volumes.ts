import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Pod, Volume } from '../../model/api/types.ts';
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';
import { lockFile } from '../linux/lock-file.ts';
import { explainFailure } from '../explain-failure.ts';
import type { RuntimePaths } from '../paths.ts';
import type { Mount } from '../pod-runtime.ts';
import type { PodVolumes } from '../pod-volumes.ts';
import { containerMount } from './container-mount.ts';
import { diskUsage } from './disk-usage.ts';
import { makeVolume } from './make-volume.ts';
import { deleteUnmounted } from './mount-points.ts';
import { volumeFailure } from './volume-failure.ts';
import { emptyDirPath, podVolumePaths, subPathPlace, writtenPath } from './volume-paths.ts';
import { madeVolume, removeTornRecords } from './volume-record.ts';
import { rmdir } from '../linux/files.ts';

/** What is made is recorded on disk: any process may go on where another ended. */
export function openPodVolumes(paths: RuntimePaths, clock: Pick<Clock, 'now'>): PodVolumes {
  const pathsOf = (pod: Pod) => podVolumePaths(paths, pod.metadata?.uid ?? '');

  return {
    setUp: (pod, sources, { signal } = {}) =>
      explainFailure("cannot make the pod's volumes", 'VolumeError', async () => {
        const podPaths = pathsOf(pod);
        const volumes = pod.spec?.volumes ?? [];
        if (volumes.length === 0) return;
        await using _lock = await lockFile(podPaths.lock, lockOptions(signal));
        await removeTornRecords(podPaths);
        const now = clock.now();
        const results = await Promise.allSettled(
          volumes.map(
            async (volume) => await makeVolume({ paths, podPaths, pod, volume, sources, now, signal }),
          ),
        );
        signal?.throwIfAborted();
        for (const [index, result] of results.entries())
          if (result.status === 'rejected') throw volumeFailure(volumes[index]?.name ?? '', result.reason);
      }),

    mountsFor: (pod, container, env) =>
      explainFailure("cannot mount the pod's volumes", 'VolumeError', async () => {
        const podPaths = pathsOf(pod);
        const volumeMounts = container.volumeMounts ?? [];
        if (volumeMounts.length === 0) return [];
        await using _lock = await lockFile(podPaths.lock, lockOptions());
        const mounts: Mount[] = [];
        for (const [index, mount] of volumeMounts.entries()) {
          const volume = findVolume(pod, mount.name, container.name);
          const made = volume.image === undefined ? await madeVolume(podPaths, volume.name) : undefined;
          const place = subPathPlace(podPaths, container.name, index);
          mounts.push(containerMount(mount, { container, volume, made, env, place }));
        }
        return mounts;
      }),

    async usage(pod) {
      const podPaths = pathsOf(pod);
      const sizes = (pod.spec?.volumes ?? []).filter(isOnDisk).map(async (volume) => {
        const path = volume.configMap ? writtenPath(podPaths, volume) : emptyDirPath(podPaths, volume);
        return [volume.name, await diskUsage(path)] as const;
      });
      return new Map(await Promise.all(sizes));
    },

    tearDown: (podUid) =>
      explainFailure("cannot remove the pod's volumes", 'VolumeError', async () => {
        const { persistent, volatile, lock } = podVolumePaths(paths, podUid);
        await using _lock = await lockFile(lock, lockOptions());
        await deleteUnmounted(volatile);
        await deleteUnmounted(persistent);
        // What else is there of the pod is the agent's.
        for (const path of [volatile, persistent]) await rmdir(dirname(path)).catch(unlessInUse);
      }),

    async list() {
      const uids = new Set<string>();
      for (const pods of [paths.pods, join(paths.run, 'pods')]) {
        for (const uid of await readdir(pods).catch((): string[] => []))
          if (existsSync(join(pods, uid, 'volumes'))) uids.add(uid);
      }
      return [...uids];
    },
  };
}

function unlessInUse(error: unknown): void {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(code)) throw error;
}

function lockOptions(signal?: AbortSignal): { removeFile: true; signal?: AbortSignal } {
  return signal === undefined ? { removeFile: true } : { removeFile: true, signal };
}

function findVolume(pod: Pod, name: string, container: string): Volume {
  const volume = pod.spec?.volumes?.find((candidate) => candidate.name === name);
  if (volume !== undefined) return volume;
  throw new PeapodError(
    'CreateContainerConfigError',
    `cannot find volume "${name}" to mount into container "${container}"`,
  );
}

/** What counts as the pod's ephemeral storage. @see kubernetes/pkg/kubelet/eviction/helpers.go */
function isOnDisk({ emptyDir, configMap }: Volume): boolean {
  return configMap !== undefined || (emptyDir !== undefined && (emptyDir.medium ?? '') === '');
}
