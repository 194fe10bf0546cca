import type { Pod } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { traced } from '../../runtime/linux/trace.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { podsWhen } from '../keeper/pods-when.ts';
import { removePods } from '../keeper/remove-pods.ts';
import { hasEnded, stopPods } from '../keeper/stop-pods.ts';
import { followLogs } from '../output/follow-logs.ts';
import type { Terminal } from '../output/terminal.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Interrupts } from './interrupts.ts';
import type { RunOptions } from './run.ts';
import { startPods } from './start-pods.ts';

export interface RunContext {
  engine: PodEngine;
  pods: readonly Pod[];
  terminal: Terminal;
  interrupts: Interrupts;
  options: RunOptions;
  /** To be called when the pods are there to stay. */
  started: () => void;
}

/**
 * Keeps the pods in this process until all have ended or an interrupt stops them.
 * @returns the exit code of the first container that failed, 0 when none did
 */
export async function runForeground(context: RunContext): Promise<number> {
  const { engine, terminal, interrupts, options } = context;
  const { client } = engine;
  await using created = await engine.create(context.pods);
  const { pods } = created;
  const uids = new Set(pods.map((pod) => pod.metadata?.uid ?? ''));
  const stop = AbortSignal.any([interrupts.first, created.broken]);
  const failure = await traced('start pods', () => startPods(client, pods, terminal, stop));
  if (failure !== undefined || created.broken.aborted) {
    await removePods(engine, pods, { gracePeriodSeconds: 0 });
    created.broken.throwIfAborted();
    throw new PeapodError('FailedPrecondition', failure ?? '');
  }
  if (options.rm !== true) context.started();
  const logsEnd = new AbortController();
  const logs = options.logs
    ? followLogs(pods, { client, logs: engine.logs, terminal, signal: logsEnd.signal })
    : Promise.resolve();
  await podsWhen(client, uids, (all) => all.every(hasEnded), stop);
  if (interrupts.first.aborted) await stopOnInterrupt(context, pods);
  logsEnd.abort();
  await logs;
  created.broken.throwIfAborted();
  const ended = (await client.listPods()).filter((pod) => uids.has(pod.metadata?.uid ?? ''));
  if (options.rm === true) await removePods(engine, ended, {});
  return exitCodeOf(ended);
}

async function stopOnInterrupt(
  { engine, terminal, interrupts }: RunContext,
  pods: readonly Pod[],
): Promise<void> {
  terminal.write(terminal.isTty ? '\nStopping; once more to kill\n' : 'Stopping\n');
  await stopPods(engine, pods, { signal: interrupts.second });
  if (!interrupts.second.aborted) return;
  await stopPods(engine, pods, { gracePeriodSeconds: 0, signal: interrupts.third });
}
