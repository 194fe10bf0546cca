import { findSpecContainer } from '../spec-containers.ts';
import { containerKey } from './action.ts';
import { isLive, readySandbox } from './observed.ts';
import type { PlanBuilder } from './plan-builder.ts';
import type { PlanInput } from './plan-input.ts';
import { planStop } from './plan-stop.ts';
import { activeDeadline } from './pod-ending.ts';
import { type StartWish, startWishes } from './start-wishes.ts';

/** Brings a pod up and keeps it up: the cgroup, the sandbox, then containers; volumes and images meanwhile. */
export function planLiving(input: PlanInput, plan: PlanBuilder): void {
  const { pod, observed, facts } = input;
  const deadline = activeDeadline(pod);
  if (deadline !== undefined) plan.wakeAt(deadline);
  const hasCgroup = plan.step(facts.cgroup, { type: 'ensure-cgroup' });
  const hasVolumes = plan.step(facts.volumes, { type: 'set-up-volumes' });
  if (hasVolumes) refreshVolumes(input, plan);
  const sandbox = readySandbox(pod, observed);
  const strays = stopStrays(input, plan, sandbox?.id);
  const wishes = sandbox === undefined && isOver(input) ? [] : startWishes(input, sandbox?.id, plan);
  const withImage = wishes.filter((wish) => hasImage(input, plan, wish));
  if (!hasCgroup || strays) return;
  if (sandbox === undefined) {
    // Volumes are for containers; but where they cannot be had there is nothing to make a sandbox for yet.
    if (wishes.length > 0 && facts.volumes.state !== 'failed') planSandbox(input, plan);
    return;
  }
  if (!hasVolumes) return;
  for (const { container, attempt, backoff } of withImage) {
    const failure = facts.failures.get(container.name);
    if (failure !== undefined && failure.retryAt > input.now) plan.wakeAt(failure.retryAt);
    else
      plan.do({
        type: 'start-container',
        container: container.name,
        sandboxId: sandbox.id,
        attempt,
        backoff,
      });
  }
}

/**
 * A pod that is never to be restarted gets no second sandbox once it has had a container: what it did is not done again.
 * @see kubernetes/pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions
 */
function isOver({ pod, observed }: PlanInput): boolean {
  return (
    pod.spec?.restartPolicy === 'Never' && observed.sandboxes.length > 0 && observed.containers.length > 0
  );
}

function refreshVolumes({ facts, now }: PlanInput, plan: PlanBuilder): void {
  if (now >= facts.volumesStaleAt) plan.do({ type: 'set-up-volumes' });
  else if (Number.isFinite(facts.volumesStaleAt)) plan.wakeAt(facts.volumesStaleAt);
}

function planSandbox({ observed, facts }: PlanInput, plan: PlanBuilder): void {
  const newest = observed.sandboxes[0];
  plan.step(facts.sandbox, {
    type: 'run-sandbox',
    attempt: newest === undefined ? 0 : newest.metadata.attempt + 1,
    replaces: observed.sandboxes.map(({ id }) => id),
  });
}

/** Containers of a sandbox that is dead have lost their peers: all end before it is made anew. */
function stopStrays(input: PlanInput, plan: PlanBuilder, sandboxId: string | undefined): boolean {
  const { pod, observed, now } = input;
  const strays = observed.containers.filter(
    (container) => isLive(container) && container.sandboxId !== sandboxId,
  );
  for (const stray of strays) {
    const container = findSpecContainer(pod, stray.metadata.name);
    if (container === undefined) continue;
    const grace = (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
    planStop(input, plan, container, stray, {
      message: `Stopping container ${container.name}`,
      killAt: input.facts.preStopped.get(stray.id) ?? now + grace,
      atOnce: grace === 0,
    });
  }
  return strays.length > 0;
}

function hasImage({ facts, now }: PlanInput, plan: PlanBuilder, { container }: StartWish): boolean {
  if (plan.isBusy(containerKey(container.name))) return false;
  const fact = facts.images.get(container.name);
  if (fact?.state === 'present') return true;
  if (fact?.state === 'failed' && fact.retryAt > now) plan.wakeAt(fact.retryAt);
  else plan.do({ type: 'resolve-image', container: container.name });
  return false;
}
