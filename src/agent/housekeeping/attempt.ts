import type { AgentDeps } from '../agent-deps.ts';

/** What fails is told of, and tried again the next time. */
export async function attempt(
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
