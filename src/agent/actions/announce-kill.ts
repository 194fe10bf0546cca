import { eventTexts } from '../events/event-texts.ts';
import { findSpecContainer } from '../spec-containers.ts';
import type { PodContext } from './pod-context.ts';

/** Says once for each instance of a container that it is being stopped, and why. */
export function announceKill(
  { pod, memory, events }: PodContext,
  ending: { container: string; containerId: string; message: string },
): void {
  if (memory.announcedKills.has(ending.containerId)) return;
  memory.announcedKills.add(ending.containerId);
  const container = findSpecContainer(pod, ending.container);
  if (container !== undefined) events.record(pod, eventTexts.killing(container, ending.message));
}
