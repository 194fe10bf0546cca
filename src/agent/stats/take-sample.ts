import type {
  ContainerStatus,
  PodRuntime,
  PodSandboxStats,
  PodSandboxStatus,
} from '../../runtime/pod-runtime.ts';
import { POD_UID_LABEL } from '../container-labels.ts';
import type { NodeReading, ReadNode } from './node-reading.ts';

/** Counters of the node and of every pod that runs. */
export interface Sample {
  readonly node: NodeReading;
  readonly pods: readonly PodSample[];
}

export interface PodSample {
  readonly sandbox: PodSandboxStatus;
  readonly stats: PodSandboxStats;
  readonly containers: readonly ContainerStatus[];
}

/** Pods that end meanwhile are left out, and sandboxes that are no pods of ours. */
export async function takeSample(
  runtime: PodRuntime,
  readNode: ReadNode,
  signal: AbortSignal,
): Promise<Sample> {
  const [node, sandboxes, containers] = await Promise.all([
    readNode(),
    runtime.listPodSandboxes({ state: 'SANDBOX_READY' }, { signal }),
    runtime.listContainers({ state: 'CONTAINER_RUNNING' }, { signal }),
  ]);
  const pods = await Promise.all(
    sandboxes
      .filter(({ labels }) => labels[POD_UID_LABEL] !== undefined)
      .map(async (sandbox): Promise<PodSample | undefined> => {
        const stats = await runtime.podSandboxStats(sandbox.id, { signal }).catch(() => undefined);
        signal.throwIfAborted();
        if (stats === undefined) return undefined;
        return { sandbox, stats, containers: containers.filter(({ sandboxId }) => sandboxId === sandbox.id) };
      }),
  );
  return { node, pods: pods.filter((pod) => pod !== undefined) };
}
