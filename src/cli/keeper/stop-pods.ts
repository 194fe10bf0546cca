import type { Pod } from '../../model/api/types.ts';
import { STOP_GRACE_ANNOTATION, STOPPED_ANNOTATION } from '../../model/stopped-pods.ts';
import type { PodEngine } from '../engine/pod-engine.ts';
import { attendPods } from './attend-pods.ts';

export interface StopOptions {
  gracePeriodSeconds?: number;
  signal?: AbortSignal;
}

/** Stops the pods, whoever keeps them, and resolves when all their containers have ended, or the signal aborts. */
export async function stopPods(engine: PodEngine, pods: readonly Pod[], options: StopOptions): Promise<void> {
  for (const pod of pods) {
    await engine.client.annotatePod(pod, {
      [STOPPED_ANNOTATION]: new Date(engine.clock.now()).toISOString(),
      ...(options.gracePeriodSeconds === undefined
        ? {}
        : { [STOP_GRACE_ANNOTATION]: String(options.gracePeriodSeconds) }),
    });
  }
  await attendPods(engine, pods, (present) => present.every(hasEnded), options.signal);
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
