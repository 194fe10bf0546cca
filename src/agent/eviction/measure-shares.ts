import type { Pod } from '../../model/api/types.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { podIdentity } from '../pod-identity.ts';
import type { PodShare } from './rank-pods.ts';

/** What each of the pods takes of the node; those without a sandbox take nothing, and what cannot be measured counts as nothing. */
export async function measureShares(
  pods: readonly Pod[],
  { runtime, volumes }: Pick<AgentDeps, 'runtime' | 'volumes'>,
  signal: AbortSignal,
): Promise<PodShare[]> {
  const sandboxes = await runtime.listPodSandboxes({ state: 'SANDBOX_READY' }, { signal });
  const names = new Map(
    (await runtime.listContainers({}, { signal })).map(({ id, metadata }) => [id, metadata.name]),
  );
  const shares = pods.map(async (pod): Promise<PodShare | undefined> => {
    const sandbox = sandboxes.find(({ metadata }) => metadata.uid === podIdentity(pod).uid);
    if (sandbox === undefined) return undefined;
    const stats = await runtime.podSandboxStats(sandbox.id, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (stats === undefined) return { ...NOTHING, pod };
    const onDisk = [...(await volumes.usage(pod).catch(() => new Map<string, number>()))].filter(([name]) =>
      pod.spec?.volumes?.some((volume) => volume.name === name && isOnDisk(volume.emptyDir)),
    );
    const layers = stats.containers.reduce((sum, { writableLayerBytes }) => sum + writableLayerBytes, 0);
    return {
      pod,
      memoryBytes: stats.memoryWorkingSetBytes,
      diskBytes: layers + onDisk.reduce((sum, [, bytes]) => sum + bytes, 0),
      inodes: stats.containers.reduce((sum, { writableLayerInodes }) => sum + writableLayerInodes, 0),
      processes: stats.processCount,
      containers: new Map(
        stats.containers.map(({ id, memoryWorkingSetBytes, writableLayerBytes }) => [
          names.get(id) ?? '',
          { memoryBytes: memoryWorkingSetBytes, diskBytes: writableLayerBytes },
        ]),
      ),
    };
  });
  return (await Promise.all(shares)).filter((share) => share !== undefined);
}

const NOTHING = { memoryBytes: 0, diskBytes: 0, inodes: 0, processes: 0, containers: new Map() };

function isOnDisk(emptyDir: { medium?: string } | undefined): boolean {
  return emptyDir !== undefined && emptyDir.medium !== 'Memory';
}
