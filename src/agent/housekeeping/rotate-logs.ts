import type { AgentDeps } from '../agent-deps.ts';
import { attempt } from './attempt.ts';

/** Rotates logs that have grown too large. */
export async function rotateLogs(deps: AgentDeps, signal: AbortSignal): Promise<void> {
  const { runtime, rotateLog } = deps;
  if (rotateLog === undefined) return;
  await attempt(deps, 'rotate logs', signal, async () => {
    for (const container of await runtime.listContainers({ state: 'CONTAINER_RUNNING' }, { signal })) {
      signal.throwIfAborted();
      await rotateLog(container);
    }
  });
}
