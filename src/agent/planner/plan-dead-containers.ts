import { specContainers } from '../spec-containers.ts';
import { containerKey } from './action.ts';
import { containersNamed, readySandbox } from './observed.ts';
import type { PlanBuilder } from './plan-builder.ts';
import type { PlanInput } from './plan-input.ts';

/** The newest instance of a container, and the one before it for `--previous`. */
const KEPT_INSTANCES = 2;

/** Removes what earlier restarts left: containers that are no longer asked for, and sandboxes without any. */
export function planDeadContainers(input: PlanInput, plan: PlanBuilder): void {
  const { pod, observed, busy } = input;
  for (const { name } of specContainers(pod)) {
    if (busy.has(containerKey(name))) continue;
    for (const old of containersNamed(observed, name).slice(KEPT_INSTANCES)) {
      if (old.state === 'CONTAINER_EXITED') {
        plan.do({ type: 'remove-container', containerId: old.id, logPath: old.logPath });
      }
    }
  }
  const ready = readySandbox(pod, observed);
  if (ready === undefined) return;
  for (const { id } of observed.sandboxes) {
    if (id === ready.id || observed.containers.some(({ sandboxId }) => sandboxId === id)) continue;
    plan.do({ type: 'remove-sandbox', sandboxId: id });
  }
}
