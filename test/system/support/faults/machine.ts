/** peapod on a lab's machine, as each of its processes opens it; what it has to know lies on the disk. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../../../src/model/clock.ts';
import { type LocalRuntime, openLocalRuntime } from '../../../../src/runtime/local-runtime.ts';
import { runtimePaths } from '../../../../src/runtime/paths.ts';
import type { PodVolumes } from '../../../../src/runtime/pod-volumes.ts';
import { openPodVolumes } from '../../../../src/runtime/volume/open-pod-volumes.ts';

export interface Machine {
  readonly runtime: LocalRuntime;
  readonly volumes: PodVolumes;
  /** The id of the image of all containers. */
  readonly image: string;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, { signal } = {}) => delay(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }),
};

/** Names the folder of the node's network configuration, for this process and those that it starts; none: pods get our own bridge. */
export const NETWORK = 'PEAPOD_FAULT_NETWORK';

/** Where CNI plugins are looked for. */
export const PLUGIN_FOLDERS = ['/opt/cni/bin', '/usr/lib/cni'];

/** @param cgroupParent a cgroup of this lab's own: cgroups are seen by all */
export async function openMachine(
  cgroupParent: string,
  image: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Machine> {
  const paths = runtimePaths();
  const runtime = await openLocalRuntime({
    paths,
    clock: systemClock,
    version: '0.0.0-test',
    cgroupParent,
    env,
    network: { confDir: env[NETWORK] ?? '/nowhere', binDirs: PLUGIN_FOLDERS },
  });
  return { runtime, volumes: openPodVolumes(paths, systemClock), image };
}
