import type { Pod } from '../../model/api/types.ts';
import { shouldRestart } from '../../model/status/restart-decision.ts';
import { STOP_GRACE_ANNOTATION, STOPPED_ANNOTATION } from '../../model/stopped-pods.ts';
import { specContainers } from '../spec-containers.ts';
import { containerKey } from './action.ts';
import { newestContainer } from './observed.ts';
import type { PlanInput } from './plan-input.ts';

/** @see kubernetes/pkg/kubelet/eviction/eviction_manager.go immediateEvictionGracePeriodSeconds */
export const EVICTION_GRACE_SECONDS = 1;

/** Why nothing of the pod is started any more, and how long its containers get. */
export interface PodEnding {
  readonly cause: 'deleted' | 'evicted' | 'deadline' | 'stopped' | 'finished';
  readonly graceSeconds: number;
}

/** Nothing while the pod shall live. */
export function podEnding(input: PlanInput): PodEnding | undefined {
  const { pod, facts } = input;
  const { metadata, spec, status } = pod;
  const own = spec?.terminationGracePeriodSeconds ?? 30;
  if (metadata?.deletionTimestamp !== undefined) {
    return { cause: 'deleted', graceSeconds: metadata.deletionGracePeriodSeconds ?? own };
  }
  if (facts.eviction !== undefined || status?.reason === 'Evicted' || status?.reason === 'Preempting') {
    return { cause: 'evicted', graceSeconds: facts.eviction?.graceSeconds ?? EVICTION_GRACE_SECONDS };
  }
  const deadline = activeDeadline(pod);
  if (status?.reason === 'DeadlineExceeded' || (deadline !== undefined && input.now >= deadline)) {
    return { cause: 'deadline', graceSeconds: own };
  }
  if (metadata?.annotations?.[STOPPED_ANNOTATION] !== undefined) {
    const grace = Number(metadata.annotations[STOP_GRACE_ANNOTATION] ?? own);
    return { cause: 'stopped', graceSeconds: Number.isFinite(grace) && grace >= 0 ? grace : own };
  }
  const over = status?.phase === 'Succeeded' || status?.phase === 'Failed' || isFinished(input);
  return over ? { cause: 'finished', graceSeconds: own } : undefined;
}

/** When `activeDeadlineSeconds` is over, milliseconds since the epoch. */
export function activeDeadline({ spec, status }: Pod): number | undefined {
  if (spec?.activeDeadlineSeconds === undefined || status?.startTime === undefined) return undefined;
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000;
}

/** When the grace period is over. A later deletion may have shortened it. */
export function graceEnd(input: PlanInput, ending: PodEnding): number {
  const since = input.facts.endingSince ?? input.now;
  if (ending.graceSeconds === 0) return since;
  const end = since + ending.graceSeconds * 1000;
  const { deletionTimestamp } = input.pod.metadata ?? {};
  // The time stamp has whole seconds only.
  return deletionTimestamp === undefined ? end : Math.min(end, Date.parse(deletionTimestamp) + 1000);
}

/** Whether all that the pod was to do is done, or can't be done any more. */
function isFinished(input: PlanInput): boolean {
  const { pod, observed, busy } = input;
  let allEnded = true;
  for (const { kind, name, spec } of specContainers(pod)) {
    if (kind === 'ephemeral' || kind === 'sidecar') continue;
    const newest = newestContainer(observed, name);
    const ended = newest?.state === 'CONTAINER_EXITED' && !busy.has(containerKey(name));
    const over = ended && !shouldRestart(pod, spec, newest.exitCode);
    if (kind === 'init' && over && newest.exitCode !== 0) return true;
    if (kind === 'app' && !over) allEnded = false;
  }
  return allEnded;
}
