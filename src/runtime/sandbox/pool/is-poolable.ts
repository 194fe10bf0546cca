import { parentPath } from '../../cgroup/cgroup-place.ts';
import type { PodSandboxConfig } from '../../pod-runtime.ts';

/** Whether a sandbox that was made for nobody in particular can become this pod's; all else is made anew. */
export function isPoolable({ hostname, linux, runtimeHandler = '' }: PodSandboxConfig): boolean {
  const { network, ipc, pid, userns } = linux.namespaces;
  return (
    network === 'POD' &&
    ipc === 'POD' &&
    pid !== 'NODE' &&
    userns === undefined &&
    hostname !== '' &&
    runtimeHandler === '' &&
    Object.keys(linux.sysctls).length === 0 &&
    // systemd's own are systemd's to fill.
    !parentPath(linux.cgroupParent).endsWith('.slice')
  );
}
