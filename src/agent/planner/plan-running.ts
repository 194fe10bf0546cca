import type { Probe } from '../../model/api/types.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import type { SpecContainer } from '../spec-containers.ts';
import { resizeNeeded } from './resize-needed.ts';
import type { PlanBuilder } from './plan-builder.ts';
import type { PlanInput } from './plan-input.ts';
import { planStop } from './plan-stop.ts';

/** What a running container needs: a kill when a probe failed or new resources ask for it, or a resize. */
export function planRunning(
  input: PlanInput,
  plan: PlanBuilder,
  container: SpecContainer,
  instance: RuntimeContainer,
): void {
  const { pod, facts, now } = input;
  const { startup, liveness } = facts.probes.get(instance.id) ?? {};
  const { spec, name } = container;
  if (startup === 'failure') restart(`Container ${name} failed startup probe`, spec.startupProbe);
  else if (liveness === 'failure') restart(`Container ${name} failed liveness probe`, spec.livenessProbe);
  else if (facts.resizeRefusal === undefined) {
    const resize = resizeNeeded(pod, container, instance);
    if (resize === 'restart') restart(`Container ${name} resize requires restart`, undefined);
    else if (resize === 'in-place') planResize();
  }

  function restart(why: string, probe: Probe | undefined): void {
    const seconds = probe?.terminationGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
    const again = pod.spec?.restartPolicy !== 'Never' || container.kind === 'sidecar';
    planStop(input, plan, container, instance, {
      message: again && probe !== undefined ? `${why}, will be restarted` : why,
      killAt: facts.preStopped.get(instance.id) ?? now + seconds * 1000,
      atOnce: seconds === 0,
    });
  }

  function planResize(): void {
    const failure = facts.failures.get(`resize/${name}`);
    if (failure !== undefined && failure.retryAt > now) plan.wakeAt(failure.retryAt);
    else plan.do({ type: 'resize-container', container: name, containerId: instance.id });
  }
}
