import { PeapodError } from '../../model/errors.ts';
import { traced } from '../../runtime/linux/trace.ts';
import { removePods } from '../keeper/remove-pods.ts';
import type { RunContext } from './run-foreground.ts';
import { startPods } from './start-pods.ts';

/** Starts the pods, and leaves them to whoever keeps them from now on when all their containers have been started. */
export async function runDetached(context: RunContext): Promise<number> {
  const { engine, terminal, interrupts } = context;
  const pods = await startAll();
  context.started();
  await engine.handOver(pods);
  return 0;

  async function startAll() {
    await using created = await engine.create(context.pods);
    const ended = AbortSignal.any([interrupts.first, created.broken]);
    const failure = await traced('start pods', () => startPods(engine.client, created.pods, terminal, ended));
    if (failure !== undefined || ended.aborted) {
      await removePods(engine, created.pods, { gracePeriodSeconds: 0 });
      ended.throwIfAborted();
      throw new PeapodError('FailedPrecondition', failure ?? '');
    }
    return created.pods;
  }
}
