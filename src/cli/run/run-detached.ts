import { PeapodError } from '../../model/errors.ts';
import { removePods } from '../keeper/remove-pods.ts';
import type { RunContext } from './run-foreground.ts';
import { startPods } from './start-pods.ts';

/** Hands the pods to the background process and returns when all their containers have been started. */
export async function runDetached({
  host,
  pods,
  terminal,
  interrupts,
  started,
}: RunContext): Promise<number> {
  const failure = await startPods(host, pods, terminal, interrupts.first);
  if (failure !== undefined || interrupts.first.aborted) {
    await removePods(host, pods, { gracePeriodSeconds: 0 });
    interrupts.first.throwIfAborted();
    throw new PeapodError('FailedPrecondition', failure ?? '');
  }
  started();
  return 0;
}
