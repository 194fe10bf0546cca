import { join } from 'node:path';
import type { RuntimePaths } from '../paths.ts';

/** What of a volume lies where. Everything that is mounted for a pod lies below one of its two directories. */
export interface PodVolumePaths {
  /** On disk, outlives a reboot. */
  persistent: string;
  /** Mounts: tmpfs volumes, and what subPaths lead to. */
  volatile: string;
}

export function podVolumePaths({ pods, run }: RuntimePaths, podUid: string): PodVolumePaths {
  return {
    persistent: join(pods, checkedName(podUid), 'volumes'),
    volatile: join(run, 'pods', checkedName(podUid)),
  };
}

/** A name from a manifest as a path component: validation has admitted only DNS names; nothing else becomes a path. */
export function checkedName(name: string): string {
  if (!/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name))
    throw new RangeError(`"${name}" is no name for a file`);
  return name;
}
