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

async function removeOrphans(
  { client, runtime, volumes, cgroups, files }: AgentDeps,
  signal: AbortSignal,
): Promise<void> {
  // What there is on the node first: a pod that is made meanwhile is then not taken for gone.
  const sandboxes = await runtime.listPodSandboxes({}, { signal });
  const containers = await runtime.listContainers({}, { signal });
  const withVolumes = await volumes.list();
  const withCgroup = await cgroups.list();
  const known = new Set((await client.listPods()).map((pod) => podIdentity(pod).uid));
  for (const { id, metadata, labels } of sandboxes) {
    // Sandboxes without our label are somebody else's, made over CRI.
    if (labels[POD_UID_LABEL] === undefined || known.has(metadata.uid)) continue;
    await runtime.stopPodSandbox(id, { signal });
    await runtime.removePodSandbox(id, { signal });
    await files.removePod(metadata);
  }
  for (const { id, labels } of containers) {
    const uid = labels[POD_UID_LABEL];
    if (uid !== undefined && !known.has(uid)) await runtime.removeContainer(id, { signal });
  }
  const foreign = new Set(
    sandboxes.filter(({ labels }) => labels[POD_UID_LABEL] === undefined).map(({ metadata }) => metadata.uid),
  );
  for (const uid of withVolumes) if (!known.has(uid)) await volumes.tearDown(uid);
  for (const uid of withCgroup) if (!known.has(uid) && !foreign.has(uid)) await cgroups.remove(uid);
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
