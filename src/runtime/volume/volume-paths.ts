import { join } from 'node:path';
import type { Volume } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type { RuntimePaths } from '../paths.ts';

/** What of a volume lies where. Everything that is mounted for a pod lies below one of its two directories. */
export interface PodVolumePaths {
  /** On disk, outlives a reboot. */
  persistent: string;
  /** Mounts: tmpfs volumes, and what subPaths lead to. */
  volatile: string;
  /** Held while the pod's volumes are made or taken away, by whichever process. */
  lock: string;
}

export function podVolumePaths({ pods, run }: RuntimePaths, podUid: string): PodVolumePaths {
  const name = checkedName(podUid);
  return {
    persistent: join(pods, name, 'volumes'),
    volatile: join(run, 'pods', name, 'volumes'),
    lock: join(run, 'volume-locks', name),
  };
}

export function emptyDirPath(paths: PodVolumePaths, { name, emptyDir }: Volume): string {
  const inMemory = (emptyDir?.medium ?? '') !== '';
  return join(inMemory ? paths.volatile : paths.persistent, 'empty-dir', checkedName(name));
}

/** Where we write the files of a volume: on disk only what is no secret. */
export function writtenPath(paths: PodVolumePaths, { name, configMap }: Volume): string {
  return join(configMap === undefined ? paths.volatile : paths.persistent, 'written', checkedName(name));
}

/** Where what a subPath leads to is bound. */
export function subPathPlace(paths: PodVolumePaths, container: string, index: number): string {
  return join(paths.volatile, 'subpaths', checkedName(container), String(index));
}

/** A name from a manifest as a path component: validation has admitted only DNS names; nothing else becomes a path. */
export function checkedName(name: string): string {
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name))
    throw new PeapodError('Invalid', `"${name}" is no name for a file`);
  return name;
}
