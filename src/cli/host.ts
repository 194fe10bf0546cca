/** Joins the rooms on this machine: the runtime, its volumes and cgroups, and the objects. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { DirectoryClient } from '../client/directory/directory-client.ts';
import type { Clock } from '../model/clock.ts';
import { lockFile, tryLockFile } from '../runtime/linux/lock-file.ts';
import { type LocalRuntime, openLocalRuntime } from '../runtime/local-runtime.ts';
import { type RuntimePaths, runtimePaths } from '../runtime/paths.ts';
import type { PodVolumes } from '../runtime/pod-volumes.ts';
import { openPodVolumes } from '../runtime/volume/open-pod-volumes.ts';
import type { KeeperLocks } from './keeper/kept-client.ts';
import { secretFolder } from './secret-folder.ts';
import type { Settings } from './settings.ts';
import { systemClock } from './system-clock.ts';

export interface Host extends AsyncDisposable {
  readonly settings: Settings;
  readonly paths: RuntimePaths;
  readonly clock: Clock;
  readonly client: DirectoryClient;
  readonly runtime: LocalRuntime;
  readonly volumes: PodVolumes;
  /** Who keeps which pod. */
  readonly locks: KeeperLocks;
  readonly tryLock: (path: string) => Disposable | undefined;
  /** Waits for an exclusive lock on a file. */
  readonly lock: (path: string) => Promise<AsyncDisposable>;
}

/** @throws PeapodError MissingPrerequisite for what this machine lacks to run pods */
export async function openHost(settings: Settings): Promise<Host> {
  const paths = runtimePaths(settings.root, settings.run, settings.images);
  const clock = systemClock;
  const runtime = await openLocalRuntime({
    paths,
    clock,
    version: packageJson.version,
    cgroupParent: cgroupParent(settings.root),
    network: {
      confDir: settings.cniConfDir,
      binDirs: settings.cniBinDirs,
      bridge: settings.bridge,
      subnet: settings.subnet,
    },
  });
  return {
    settings,
    paths,
    clock,
    runtime,
    client: new DirectoryClient({
      root: settings.root,
      run: settings.run,
      secrets: secretFolder(settings),
      clock,
      lock: (path) => lockFile(path, { removeFile: true }),
    }),
    volumes: openPodVolumes(paths, clock),
    locks: { tryKeep: (uid) => tryLockFile(join(settings.run, 'keepers', uid), { removeFile: true }) },
    tryLock: (path) => tryLockFile(path),
    lock: (path) => lockFile(path, { removeFile: true }),
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

/** Two installations on one machine must not take each other's cgroups for rubbish. */
function cgroupParent(root: string): string {
  if (root === '/var/lib/peapod') return '/peapod';
  return `/peapod-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`;
}
