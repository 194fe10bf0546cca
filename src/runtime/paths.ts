import { join } from 'node:path';

/** Where the runtime keeps what it knows. `root` outlives a reboot, `run` does not (it lies on a tmpfs). */
export interface RuntimePaths {
  readonly root: string;
  readonly run: string;
  /** Content-addressed blobs, unpacked layers and the names of images. Several runtimes may share it. */
  readonly images: string;
  /** One directory per sandbox: its record. */
  readonly sandboxes: string;
  /** One directory per container: its record, and its writable layer. */
  readonly containers: string;
  /** One directory per pod UID: its disk volumes, `etc-hosts`, and what else belongs to the agent. */
  readonly pods: string;
  /** One directory per claim: the data of persistent volumes. */
  readonly claims: string;
  /** `<namespace>_<name>_<uid>/<container>/<attempt>.log` */
  readonly logs: string;
}

export function runtimePaths(
  root = '/var/lib/peapod',
  run = '/run/peapod',
  images = join(root, 'images'),
): RuntimePaths {
  return {
    root,
    run,
    images,
    sandboxes: join(root, 'sandboxes'),
    containers: join(root, 'containers'),
    pods: join(root, 'pods'),
    claims: join(root, 'claims'),
    logs: join(root, 'logs'),
  };
}
