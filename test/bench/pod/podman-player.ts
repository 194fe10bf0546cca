import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { removeCgroup } from '../../../src/runtime/cgroup/cgroup-files.ts';
import { imageArchive } from '../../system/support/images.ts';
import { memoryFolder } from './memory-folder.ts';
import type { Player } from './player.ts';

const run = promisify(execFile);

/** podman is in a network namespace of its own: the chains and bridges that its plugins leave behind go with it. */
const NETNS = 'peapod-bench';
const LEASES = '/var/lib/cni/networks/podman-default-kube-network';

export interface PodmanPlayer extends Player {
  readonly directory: string;
  startAll(file: string): Promise<void>;
  removeAll(): Promise<void>;
}

/** Debian's podman, `kube play` and `pod rm`, with a storage of its own. */
export async function podmanPlayer(): Promise<PodmanPlayer> {
  const runRoot = await memoryFolder();
  const directory = await mkdtemp(join(tmpdir(), 'peapod-bench-podman-'));
  const configuration = join(directory, 'containers.conf');
  // Its default limits are higher than what a container of a machine without CAP_SYS_RESOURCE may have.
  await writeFile(configuration, '[containers]\ndefault_ulimits=["nofile=9000:9000","nproc=9000:9000"]\n');
  const hadLeases = existsSync(LEASES);
  const cgroupsBefore = new Set(podCgroups());
  const podman = async (...args: string[]): Promise<void> => {
    const own = ['--root', join(directory, 'storage'), '--runroot', runRoot.path];
    await run('nsenter', [`--net=/run/netns/${NETNS}`, 'podman', ...own, ...args], {
      env: { ...process.env, CONTAINERS_CONF: configuration },
      maxBuffer: 16 * 1024 * 1024,
    });
  };
  await run('ip', ['netns', 'add', NETNS]);
  await podman('load', '-i', await imageArchive('busybox'));
  const removeAll = () => podman('pod', 'rm', '--all', '--force', '--time', '0');
  return {
    name: 'podman',
    directory,
    start: ({ file }) => podman('kube', 'play', file),
    remove: ({ name }) => podman('pod', 'rm', '--force', '--time', '0', name),
    startAll: (file) => podman('kube', 'play', file),
    removeAll,
    async [Symbol.asyncDispose]() {
      await removeAll();
      await run('ip', ['netns', 'delete', NETNS]);
      if (!hadLeases) await rm(LEASES, { recursive: true, force: true });
      for (const cgroup of podCgroups()) if (!cgroupsBefore.has(cgroup)) await removeCgroup(cgroup);
      await run('umount', [join(directory, 'storage/overlay')]).catch(() => {});
      await rm(directory, { recursive: true, force: true });
      await runRoot[Symbol.asyncDispose]();
    },
  };
}

/** It leaves some. */
function podCgroups(): string[] {
  return globSync('/sys/fs/cgroup/*/libpod_parent/*/cgroup.procs').map(dirname);
}
