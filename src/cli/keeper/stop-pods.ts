import type { Pod } from '../../model/api/types.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { attendPods } from './attend-pods.ts';

/** Wanted of a pod: its containers are stopped and not started again, but it stays. */
export const STOPPED = 'peapod.dev/stopped';
/** How long they get, in seconds, instead of `terminationGracePeriodSeconds`. */
const STOP_GRACE_PERIOD = 'peapod.dev/stop-grace-period-seconds';

export interface StopOptions {
  gracePeriodSeconds?: number;
  signal?: AbortSignal;
}

/** Stops the pods, whoever keeps them, and resolves when all their containers have ended, or the signal aborts. */
export async function stopPods(engine: PodEngine, pods: readonly Pod[], options: StopOptions): Promise<void> {
  for (const pod of pods) {
    await engine.client.annotatePod(pod, {
      [STOPPED]: new Date(engine.clock.now()).toISOString(),
      ...(options.gracePeriodSeconds === undefined
        ? {}
        : { [STOP_GRACE_PERIOD]: String(options.gracePeriodSeconds) }),
    });
  }
  await attendPods(engine, pods, (present) => present.every(hasEnded), options.signal);
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
