import type { ContainerStatus, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { POD_UID_LABEL } from '../container-labels.ts';
import { podIdentity } from '../pod-identity.ts';

/**
 * Removes what pods that no longer exist have left on the node: sandboxes with their containers, volumes, cgroups. Rotates logs
 * that have grown too large. What fails is tried again the next time.
 */
export async function keepHouse(deps: AgentDeps, signal: AbortSignal): Promise<void> {
  await attempt(deps, 'remove what gone pods left', signal, () => removeOrphans(deps, signal));
  if (deps.rotateLog !== undefined)
    await attempt(deps, 'rotate logs', signal, () => rotateLogs(deps, signal));
}

/** So many pods are cleared away at a time. */
const AT_ONCE = 8;

interface Leftovers {
  readonly sandboxes: PodSandboxStatus[];
  readonly containers: ContainerStatus[];
}

async function removeOrphans(deps: AgentDeps, signal: AbortSignal): Promise<void> {
  const { client, runtime, volumes, cgroups } = deps;
  // What there is on the node first: a pod that is made meanwhile is then not taken for gone.
  const sandboxes = await runtime.listPodSandboxes({}, { signal });
  const containers = await runtime.listContainers({}, { signal });
  const withVolumes = await volumes.list();
  const withCgroup = await cgroups.list();
  const known = new Set((await client.listPods()).map((pod) => podIdentity(pod).uid));
  const orphans = new Map<string, Leftovers>();
  const leftoversOf = (uid: string): Leftovers | undefined => {
    if (known.has(uid)) return undefined;
    const left = orphans.get(uid) ?? { sandboxes: [], containers: [] };
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
  const waiting = orphans.entries();
  const work = async (): Promise<void> => {
    for (const [uid, left] of waiting)
      await attempt(deps, `remove what pod ${uid} left`, signal, () => removeOrphan(deps, uid, left, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function removeOrphan(
  { runtime, volumes, cgroups, files }: AgentDeps,
  uid: string,
  { sandboxes, containers }: Leftovers,
  signal: AbortSignal,
): Promise<void> {
  for (const { id, metadata } of sandboxes) {
    await runtime.stopPodSandbox(id, { signal });
    await runtime.removePodSandbox(id, { signal });
    await files.removePod(metadata);
  }
  const gone = new Set(sandboxes.map(({ id }) => id));
  for (const { id, sandboxId } of containers)
    if (!gone.has(sandboxId)) await runtime.removeContainer(id, { signal });
  await volumes.tearDown(uid);
  await cgroups.remove(uid);
}

async function rotateLogs({ runtime, rotateLog }: AgentDeps, signal: AbortSignal): Promise<void> {
  for (const container of await runtime.listContainers({ state: 'CONTAINER_RUNNING' }, { signal })) {
    signal.throwIfAborted();
    await rotateLog?.(container);
  }
}

async function attempt(
  { log }: AgentDeps,
  what: string,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    log({ level: 'warn', message: `cannot ${what}`, error });
  }
}
