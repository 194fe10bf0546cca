import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { type SpecContainer, specContainers } from '../spec-containers.ts';
import type { Action } from './action.ts';
import { containersNamed, isLive } from './observed.ts';
import type { PlanBuilder } from './plan-builder.ts';
import type { PlanInput } from './plan-input.ts';
import { planStop } from './plan-stop.ts';
import { graceEnd, type PodEnding } from './pod-ending.ts';

interface LiveContainer {
  container: SpecContainer;
  instance: RuntimeContainer;
}

/**
 * Ends the pod:
 *
 *     what is being made is aborted ──► app, init and ephemeral containers stop ──► sidecars stop, the last one first
 *       ──► network, volumes and cgroup are given back ──► (deleted only) records, logs and the object are removed
 */
export function planEnding(input: PlanInput, ending: PodEnding, plan: PlanBuilder): void {
  for (const [key, action] of input.busy) if (isMaking(action)) plan.abort(key);
  const live = liveContainers(input);
  if (live.length > 0) stopContainers(input, ending, plan, live);
  if (live.length > 0 || [...input.busy.keys()].some((key) => key !== 'pod')) return;
  if (!plan.step(input.facts.teardown, { type: 'tear-down' })) return;
  if (ending.cause === 'deleted') plan.step(input.facts.removal, { type: 'remove-pod' });
}

function stopContainers(
  input: PlanInput,
  ending: PodEnding,
  plan: PlanBuilder,
  live: readonly LiveContainer[],
): void {
  const end = graceEnd(input, ending);
  const atOnce = ending.graceSeconds === 0;
  for (const [index, { container, instance }] of live.entries()) {
    // Sidecars serve the others to their end; when the time is up nobody waits for anybody.
    const waits = container.kind === 'sidecar' && input.now < end && hasToOutlive(live, index);
    if (waits) plan.wakeAt(end);
    planStop(input, plan, container, instance, {
      message: `Stopping container ${container.name}`,
      killAt: end,
      atOnce,
      holdSignal: waits,
    });
  }
}

/** @param live in the order of the spec, init containers and sidecars first */
function hasToOutlive(live: readonly LiveContainer[], index: number): boolean {
  return live.some(({ container }, other) => other > index || container.kind !== 'sidecar');
}

function liveContainers({ pod, observed }: PlanInput): LiveContainer[] {
  return specContainers(pod).flatMap((container) =>
    containersNamed(observed, container.name)
      .filter(isLive)
      .map((instance) => ({ container, instance })),
  );
}

function isMaking(action: Action): boolean {
  switch (action.type) {
    case 'ensure-cgroup':
    case 'set-up-volumes':
    case 'run-sandbox':
    case 'resolve-image':
    case 'start-container':
    case 'resize-container':
      return true;
    default:
      return false;
  }
}
