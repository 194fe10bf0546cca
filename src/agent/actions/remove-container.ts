import type { PodContext } from './pod-context.ts';

/** Removes an old instance of a container, and its log. */
export async function removeContainer(
  action: { containerId: string; logPath: string },
  { deps, signal }: PodContext,
): Promise<void> {
  await deps.runtime.removeContainer(action.containerId, { signal });
  if (action.logPath !== '') await deps.files.removeLog(action.logPath);
}
