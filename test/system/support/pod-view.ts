/** What `peapod inspect` says of a pod: where to look in the kernel. */
import type { Pod } from '../../../src/model/api/types.ts';
import type { ContainerStatus, PodSandboxStatus } from '../../../src/runtime/pod-runtime.ts';
import { type TestPeapod, until } from './peapod.ts';

export interface PodView {
  pod: Pod;
  uid: string;
  ip: string;
  infraPid: number;
  /** The first process of each container that runs. */
  pids: Record<string, number>;
}

export async function podView(peapod: TestPeapod, name: string): Promise<PodView> {
  const text = await peapod.succeed(['inspect', name, '-o', 'json']);
  const [inspected] = JSON.parse(text) as {
    pod: Pod;
    sandboxes: PodSandboxStatus[];
    containers: ContainerStatus[];
  }[];
  const sandbox = inspected?.sandboxes.find(({ state }) => state === 'SANDBOX_READY');
  if (inspected === undefined || sandbox === undefined)
    throw new Error(`no sandbox of ${name} is ready: ${text}`);
  const running = inspected.containers.filter(({ state }) => state === 'CONTAINER_RUNNING');
  return {
    pod: inspected.pod,
    uid: sandbox.metadata.uid,
    ip: sandbox.ips[0] ?? '',
    infraPid: sandbox.pid,
    pids: Object.fromEntries(running.map(({ metadata, pid }) => [metadata.name, pid])),
  };
}

/** Waits until the container runs as another process than `oldPid`. @returns the new view */
export function untilRestarted(
  peapod: TestPeapod,
  pod: string,
  container: string,
  oldPid: number,
): Promise<PodView> {
  return until(`restart of ${container} in ${pod}`, async () => {
    const view = await podView(peapod, pod);
    const pid = view.pids[container];
    return pid !== undefined && pid !== oldPid ? view : undefined;
  });
}
