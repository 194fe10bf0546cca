import { backoffRemainingMs } from '../model/status/backoff.ts';
import { shouldRestart } from '../model/status/restart-decision.ts';
import { backoffOf } from './container-labels.ts';
import { eventTexts } from './events/event-texts.ts';
import type { PodEvents } from './events/pod-events.ts';
import { newestContainer } from './planner/observed.ts';
import type { PlanInput } from './planner/plan-input.ts';
import type { PodMemory } from './pod-memory.ts';
import { specContainers } from './spec-containers.ts';

/** Says once for each ended instance that its restart has to wait. */
export function announceBackoffs(
  { pod, observed, now }: PlanInput,
  memory: PodMemory,
  events: PodEvents,
): void {
  for (const container of specContainers(pod)) {
    const newest = newestContainer(observed, container.name);
    if (container.kind === 'ephemeral' || newest?.state !== 'CONTAINER_EXITED') continue;
    const remainingMs = backoffRemainingMs(backoffOf(newest), newest.finishedAt, now);
    const waits = remainingMs > 0 && shouldRestart(pod, container.spec, newest.exitCode);
    if (!waits || memory.announcedBackoffs.has(newest.id)) continue;
    memory.announcedBackoffs.add(newest.id);
    events.record(pod, eventTexts.backOff(container, pod));
  }
}
