import type { AgentDeps } from '../agent-deps.ts';

/** Removes every image that no container uses, however young. What fails stays. @throws PeapodError when the runtime cannot be asked */
export async function removeUnusedImages(
  { runtime, log }: Pick<AgentDeps, 'runtime' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const images = await runtime.listImages({ signal });
  const inUse = new Set((await runtime.listContainers({}, { signal })).map(({ image }) => image));
  for (const { id, pinned } of images) {
    if (pinned || inUse.has(id)) continue;
    try {
      await runtime.removeImage(id, { signal });
    } catch (error) {
      signal.throwIfAborted();
      log({ level: 'warn', message: `cannot remove image ${id}`, error });
    }
  }
}
