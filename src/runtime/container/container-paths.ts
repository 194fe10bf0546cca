import { join } from 'node:path';
import type { RuntimePaths } from '../paths.ts';

/** Where one container's things lie. */
export interface ContainerPaths {
  /** Outlives a reboot: the record and the writable layer. */
  readonly persistent: string;
  readonly upper: string;
  readonly work: string;
  /** The OCI bundle, gone after a reboot: `config.json`, conmon's sockets and pipes, the pid files. */
  readonly bundle: string;
  readonly rootfs: string;
  /** Images that are mounted as volumes. */
  readonly imageVolumes: string;
  /** What a container in a user namespace mounts, with its owners; unmounted as soon as the container has it. */
  readonly idMapped: string;
  readonly spec: string;
  readonly initPid: string;
  readonly conmonPid: string;
  /** conmon's socket for attaching. */
  readonly attachSocket: string;
  /** conmon's pipe for orders: terminal sizes, a new log file. */
  readonly control: string;
  /** conmon makes this file when the kernel killed something for want of memory. */
  readonly oom: string;
  /** conmon's directory of exit codes, one for all containers: `<exits>/<id>`. */
  readonly exits: string;
  readonly exit: string;
  readonly lock: string;
}

export function containerPaths(paths: RuntimePaths, id: string): ContainerPaths {
  const persistent = join(paths.containers, id);
  const bundle = join(bundlesDirectory(paths), id);
  const exits = exitsDirectory(paths);
  return {
    persistent,
    upper: join(persistent, 'upper'),
    work: join(persistent, 'work'),
    bundle,
    rootfs: join(bundle, 'rootfs'),
    imageVolumes: join(bundle, 'images'),
    idMapped: join(bundle, 'id-mapped'),
    spec: join(bundle, 'config.json'),
    initPid: join(bundle, 'init.pid'),
    conmonPid: join(bundle, 'conmon.pid'),
    attachSocket: join(bundle, 'attach'),
    control: join(bundle, 'ctl'),
    oom: join(bundle, 'oom'),
    exits,
    exit: join(exits, id),
    lock: join(paths.run, 'locks', `container-${id}`),
  };
}

export function bundlesDirectory(paths: RuntimePaths): string {
  return join(paths.run, 'containers');
}

export function exitsDirectory(paths: RuntimePaths): string {
  return join(paths.run, 'exits');
}
