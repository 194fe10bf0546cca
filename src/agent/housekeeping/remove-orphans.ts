import type { ContainerStatus, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { POD_UID_LABEL } from '../container-labels.ts';
import { type PodIdentity, podIdentity } from '../pod-identity.ts';
import { attempt } from './attempt.ts';

/**
 * Removes what pods that no longer exist have left on the node: sandboxes with their containers, volumes, cgroups, files and logs.
 * @returns whether there was anything, or could not be looked; it is to be tried again soon
 */
export async function removeOrphans(deps: AgentDeps, signal: AbortSignal): Promise<boolean> {
  let found = true;
  await attempt(deps, 'remove what gone pods left', signal, async () => {
    found = (await removeAll(deps, signal)) > 0;
  });
  return found;
}

/** So many pods are cleared away at a time. */
const AT_ONCE = 8;

interface Leftovers {
  readonly sandboxes: PodSandboxStatus[];
  readonly containers: ContainerStatus[];
  readonly files: PodIdentity[];
}

async function removeAll(deps: AgentDeps, signal: AbortSignal): Promise<number> {
  const { client, runtime, volumes, cgroups, files } = deps;
  // What there is on the node first: a pod that is made meanwhile is then not taken for gone.
  const sandboxes = await runtime.listPodSandboxes({}, { signal });
  const containers = await runtime.listContainers({}, { signal });
  const withVolumes = await volumes.list();
  const withCgroup = await cgroups.list();
  const withFiles = await files.owners();
  const known = new Set((await client.listPods()).map((pod) => podIdentity(pod).uid));
  const orphans = new Map<string, Leftovers>();
  const leftoversOf = (uid: string): Leftovers | undefined => {
    if (known.has(uid)) return undefined;
    const left = orphans.get(uid) ?? { sandboxes: [], containers: [], files: [] };
    orphans.set(uid, left);
    return left;
  };
  const foreign = new Set<string>();
  for (const sandbox of sandboxes) {
    // Sandboxes without our label are somebody else's, made over CRI.
    if (sandbox.labels[POD_UID_LABEL] === undefined) foreign.add(sandbox.metadata.uid);
    else leftoversOf(sandbox.metadata.uid)?.sandboxes.push(sandbox);
  }
  for (const container of containers) {
    const uid = container.labels[POD_UID_LABEL];
    if (uid !== undefined) leftoversOf(uid)?.containers.push(container);
  }
  for (const uid of [...withVolumes, ...withCgroup]) if (!foreign.has(uid)) leftoversOf(uid);
  for (const owner of withFiles) if (!foreign.has(owner.uid)) leftoversOf(owner.uid)?.files.push(owner);
  const waiting = orphans.entries();
  const work = async (): Promise<void> => {
    for (const [uid, left] of waiting)
      await attempt(deps, `remove what pod ${uid} left`, signal, () => removeOrphan(deps, uid, left, signal));
  };
  const count = orphans.size;
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return count;
}

async function removeOrphan(
  { runtime, volumes, cgroups, files }: AgentDeps,
  uid: string,
  { sandboxes, containers, files: owned }: Leftovers,
  signal: AbortSignal,
): Promise<void> {
  for (const { id } of sandboxes) {
    await runtime.stopPodSandbox(id, { signal });
    await runtime.removePodSandbox(id, { signal });
  }
  const gone = new Set(sandboxes.map(({ id }) => id));
  for (const { id, sandboxId } of containers)
    if (!gone.has(sandboxId)) await runtime.removeContainer(id, { signal });
  await volumes.tearDown(uid);
  await cgroups.remove(uid);
  for (const owner of owned) await files.removePod(owner);
}
