import { posix } from 'node:path';
import { PeapodError } from '../../../model/errors.ts';
import type { Mount } from '../../pod-runtime.ts';
import type { OciMount } from './oci-spec.ts';

/** A mount of the manifest whose source is known: a path of the host, also for images; id-mapped already where that was asked for. */
export interface ResolvedMount extends Omit<Mount, 'source'> {
  hostPath: string;
  /** Of `nosuid`, `nodev` and `noexec`: what the mount has to keep. */
  lockedFlags?: readonly string[];
}

export interface MountFacts {
  privileged: boolean;
  readonlyRootfs: boolean;
  /** Files of the sandbox that every container sees; absent: not mounted. */
  shmPath: string | undefined;
  resolvConfPath: string | undefined;
  hostnamePath: string | undefined;
  mounts: readonly ResolvedMount[];
  /** A user namespace that does not own the network namespace may not mount a sysfs of its own. */
  bindSysfs: boolean;
}

const PROPAGATION = {
  PRIVATE: 'rprivate',
  HOST_TO_CONTAINER: 'rslave',
  BIDIRECTIONAL: 'rshared',
} as const;

/**
 * All mounts of a container in the order in which they are made: the kernel's file systems, the sandbox's files, the
 * manifest's from the outside in. One of the manifest replaces one of ours at the same place.
 */
export function containerMounts(facts: MountFacts): OciMount[] {
  const wanted = facts.mounts.map((mount) => ({ ...mount, containerPath: target(mount.containerPath) }));
  const taken = new Set(wanted.map((mount) => mount.containerPath));
  const own = [...kernelMounts(facts), ...sandboxMounts(facts)].filter(
    (mount) => !taken.has(mount.destination),
  );
  return [...own, ...inOrder(wanted).map(userMount)];
}

function kernelMounts(facts: MountFacts): OciMount[] {
  const access = facts.privileged ? 'rw' : 'ro';
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    facts.bindSysfs
      ? {
          destination: '/sys',
          type: 'bind',
          source: '/sys',
          options: ['rbind', 'nosuid', 'noexec', 'nodev', access],
        }
      : {
          destination: '/sys',
          type: 'sysfs',
          source: 'sysfs',
          options: ['nosuid', 'noexec', 'nodev', access],
        },
    {
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', access],
    },
  ];
}

/** The sandbox's files are no programs; on a tmpfs that says so already, nobody may take it off. */
const NO_PROGRAMS = ['nosuid', 'nodev', 'noexec'];

function sandboxMounts(facts: MountFacts): OciMount[] {
  const bind = (destination: string, source: string | undefined, options: string[]): OciMount[] =>
    source === undefined
      ? []
      : [{ destination, type: 'bind', source, options: ['rbind', 'rprivate', ...options] }];
  const access = facts.readonlyRootfs ? 'ro' : 'rw';
  return [
    ...bind('/dev/shm', facts.shmPath, NO_PROGRAMS),
    ...bind('/etc/hostname', facts.hostnamePath, [...NO_PROGRAMS, access]),
    ...bind('/etc/resolv.conf', facts.resolvConfPath, [...NO_PROGRAMS, access]),
  ];
}

function userMount(mount: ResolvedMount): OciMount {
  return {
    destination: mount.containerPath,
    type: 'bind',
    source: mount.hostPath,
    options: ['rbind', PROPAGATION[mount.propagation], ...(mount.lockedFlags ?? []), ...access(mount)],
  };
}

function access(mount: ResolvedMount): string[] {
  if (!mount.readonly) return ['rw'];
  return mount.recursiveReadOnly ? ['ro', 'rro'] : ['ro'];
}

/** A mount inside another's target has to come after it. */
function inOrder(mounts: readonly ResolvedMount[]): ResolvedMount[] {
  const depth = (path: string) => path.split('/').filter((part) => part !== '').length;
  return [...mounts].sort((a, b) => depth(a.containerPath) - depth(b.containerPath));
}

function target(path: string): string {
  if (path.includes('\0'))
    throw new PeapodError('CreateContainerConfigError', 'a mount path contains a NUL character');
  const normal = posix.normalize(posix.join('/', path)).replace(/(.)\/$/, '$1');
  if (normal !== '/') return normal;
  throw new PeapodError(
    'CreateContainerConfigError',
    `cannot mount over the root of a container ("${path}")`,
  );
}
