import type { Action } from '../planner/action.ts';
import { ensureCgroup } from './ensure-cgroup.ts';
import type { PodContext } from './pod-context.ts';
import { removeContainer } from './remove-container.ts';
import { removePod } from './remove-pod.ts';
import { resizeContainer } from './resize-container.ts';
import { resolveImage } from './resolve-image.ts';
import { runPreStop } from './run-pre-stop.ts';
import { runSandbox } from './run-sandbox.ts';
import { setUpVolumes } from './set-up-volumes.ts';
import { startContainer } from './start-container.ts';
import { stopContainer } from './stop-container.ts';
import { tearDown } from './tear-down.ts';

/**
 * Carries an action out. What fails in an expected way is remembered, told in an event, and tried again when the planner says so.
 * @throws what is unexpected, and the signal's reason
 */
export function perform(action: Action, context: PodContext): Promise<void> {
  switch (action.type) {
    case 'ensure-cgroup':
      return ensureCgroup(context);
    case 'set-up-volumes':
      return setUpVolumes(context);
    case 'run-sandbox':
      return runSandbox(action, context);
    case 'remove-sandbox':
      return context.deps.runtime.removePodSandbox(action.sandboxId, { signal: context.signal });
    case 'resolve-image':
      return resolveImage(action.container, context);
    case 'start-container':
      return startContainer(action, context);
    case 'run-pre-stop':
      return runPreStop(action, context);
    case 'stop-container':
      return stopContainer(action, context);
    case 'resize-container':
      return resizeContainer(action, context);
    case 'remove-container':
      return removeContainer(action, context);
    case 'tear-down':
      return tearDown(context);
    case 'remove-pod':
      return removePod(context);
  }
}
