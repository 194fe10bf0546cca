import { PeapodError } from '../../model/errors.ts';
import { traced } from '../../runtime/linux/trace.ts';
import type { Host } from '../host.ts';
import { keepPods } from '../keeper/keep-pods.ts';
import { removePods } from '../keeper/remove-pods.ts';
import type { RunContext } from './run-foreground.ts';
import { startPods } from './start-pods.ts';

/** How long the background process may take to appear. */
const TAKE_OVER_MS = 10_000;

/**
 * Starts the pods in this process while the background process comes up, and hands them to it when all their containers have
 * been started.
 */
export async function runDetached({
  host,
  pods,
  terminal,
  interrupts,
  started,
}: RunContext): Promise<number> {
  const uids = new Set(pods.map((pod) => pod.metadata?.uid ?? ''));
  {
    await using _keeping = keepPods(host, uids);
    const failure = await traced('start pods', () => startPods(host, pods, terminal, interrupts.first));
    if (failure !== undefined || interrupts.first.aborted) {
      await removePods(host, pods, { gracePeriodSeconds: 0 });
      interrupts.first.throwIfAborted();
      throw new PeapodError('FailedPrecondition', failure ?? '');
    }
  }
  started();
  await traced('hand over to the keeper', () => handOver(host, uids));
  return 0;
}

/** Waits until somebody else keeps the pods, or they have ended. */
async function handOver(host: Host, uids: ReadonlySet<string>): Promise<void> {
  const end = host.clock.now() + TAKE_OVER_MS;
  while (!(await isInOtherHands(host, uids))) {
    if (host.clock.now() > end) {
      throw new PeapodError(
        'Unavailable',
        'the background process has not taken the pods over: nobody restarts their containers',
        {
          hint: `see ${host.settings.run}/supervisor.log`,
        },
      );
    }
    await host.clock.sleep(10);
  }
}

async function isInOtherHands(host: Host, uids: ReadonlySet<string>): Promise<boolean> {
  const pods = (await host.client.listPods()).filter(({ metadata }) => uids.has(metadata?.uid ?? ''));
  return pods.every(({ metadata, status }) => {
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
    using mine = host.locks.tryKeep(metadata?.uid ?? '');
    return mine === undefined;
  });
}
