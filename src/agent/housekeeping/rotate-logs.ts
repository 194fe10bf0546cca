import type { AgentDeps } from '../agent-deps.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { attempt } from './attempt.ts';

/** Rotates logs that have grown too large. @param containers as their workers saw them last */
export async function rotateLogs(
  deps: AgentDeps,
  containers: Iterable<RuntimeContainer>,
  signal: AbortSignal,
): Promise<void> {
  const { rotateLog } = deps;
  if (rotateLog === undefined) return;
  await attempt(deps, 'rotate logs', signal, async () => {
    for (const container of containers) {
      if (container.state !== 'CONTAINER_RUNNING') continue;
      signal.throwIfAborted();
      await rotateLog(container);
    }
  });
}
