import { join } from 'node:path';
import type { RuntimePaths } from '../paths.ts';

/** What a sandbox has under the run directory; all of it is gone after a reboot. */
export interface SandboxPaths {
  directory: string;
  bundle: string;
  log: string;
  pidFile: string;
  /** A tmpfs, the pod's `/dev/shm`. */
  shm: string;
  resolvConf: string;
  hostname: string;
  lock: string;
}

export function sandboxPaths({ run }: RuntimePaths, id: string): SandboxPaths {
  const directory = join(run, 'sandboxes', id);
  return {
    directory,
    bundle: join(directory, 'bundle'),
    log: join(directory, 'oci.log'),
    pidFile: join(directory, 'infra.pid'),
    shm: join(directory, 'shm'),
    resolvConf: join(directory, 'resolv.conf'),
    hostname: join(directory, 'hostname'),
    lock: join(run, 'locks', `sandbox-${id}`),
  };
}
