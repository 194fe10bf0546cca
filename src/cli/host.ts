/** Joins the rooms on this machine: the runtime, its volumes and cgroups, and the objects. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { DirectoryClient } from '../client/directory/directory-client.ts';
import type { Clock } from '../model/clock.ts';
import { PeapodError } from '../model/errors.ts';
import { cgroupLayout } from '../runtime/cgroup/cgroup-layout.ts';
import { openPodCgroups } from '../runtime/cgroup/pod-cgroups.ts';
import { externalStep } from '../runtime/linux/external-step.ts';
import { lockFile, tryLockFile } from '../runtime/linux/lock-file.ts';
import { readMounts } from '../runtime/linux/proc.ts';
import { type LocalRuntime, openLocalRuntime } from '../runtime/local-runtime.ts';
import { type RuntimePaths, runtimePaths } from '../runtime/paths.ts';
import type { PodCgroups } from '../runtime/pod-cgroups.ts';
import type { PodRuntime } from '../runtime/pod-runtime.ts';
import type { PodVolumes } from '../runtime/pod-volumes.ts';
import { openPodVolumes } from '../runtime/volume/open-pod-volumes.ts';
import type { KeeperLocks } from './keeper/kept-client.ts';
import { secretFolder } from './secret-folder.ts';
import type { Settings } from './settings.ts';
import { systemClock } from './system-clock.ts';

/** What an agent works with: our own runtime, or another one's, whose pods' cgroups and volumes are ours all the same. */
export interface NodeRuntime extends PodRuntime, AsyncDisposable {
  readonly podCgroups: PodCgroups;
  /** Clears what killed processes left. */
  collect(): Promise<void>;
  /** As `LocalRuntime`'s; another's has none. */
  keepSpares?: LocalRuntime['keepSpares'];
  expectPods?: LocalRuntime['expectPods'];
}

export interface Host extends NodeHost {
  readonly runtime: LocalRuntime;
}

export interface NodeHost extends AsyncDisposable {
  readonly settings: Settings;
  readonly paths: RuntimePaths;
  readonly clock: Clock;
  readonly client: DirectoryClient;
  readonly runtime: NodeRuntime;
  readonly volumes: PodVolumes;
  /** Who keeps which pod. */
  readonly locks: KeeperLocks;
  readonly tryLock: (path: string) => Disposable | undefined;
  /** Waits for an exclusive lock on a file. */
  readonly lock: (path: string) => Promise<AsyncDisposable>;
}

/** @throws PeapodError MissingPrerequisite for what this machine lacks to run pods */
export async function openHost(settings: Settings): Promise<Host> {
  const runtime = await openLocalRuntime({
    paths: runtimePaths(settings.root, settings.run, settings.images),
    clock: systemClock,
    version: packageJson.version,
    cgroupParent: cgroupParent(settings.root),
    network: {
      confDir: settings.cniConfDir,
      binDirs: settings.cniBinDirs,
      bridge: settings.bridge,
      subnet: settings.subnet,
    },
  });
  return { ...nodeHost(settings, runtime), runtime };
}

/**
 * A host whose pods another runtime runs.
 * @param endpoint of its CRI socket
 * @throws PeapodError Invalid, Unavailable, Unsupported
 */
export async function openRemoteHost(settings: Settings, endpoint: string): Promise<NodeHost> {
  const layout = cgroupLayout(await readMounts());
  if (layout === undefined)
    throw new PeapodError('MissingPrerequisite', 'no cgroups are mounted on this host', {
      hint: 'mount -t cgroup2 none /sys/fs/cgroup',
    });
  // Loads gRPC, which is as large as all the rest.
  const { openCriRuntime } = await import('../cri/client/open-cri-runtime.ts');
  const remote = await openCriRuntime(endpoint, systemClock);
  return nodeHost(settings, {
    ...remote,
    podCgroups: openPodCgroups(layout, cgroupParent(settings.root)),
    // Its own matter.
    collect: async () => {},
    [Symbol.asyncDispose]: async () => remote[Symbol.dispose](),
  });
}

function nodeHost(settings: Settings, runtime: NodeRuntime): NodeHost {
  const paths = runtimePaths(settings.root, settings.run, settings.images);
  const clock = systemClock;
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
      step: externalStep,
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
