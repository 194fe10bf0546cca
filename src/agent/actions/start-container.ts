import { isPeapodError } from '../../model/errors.ts';
import { eventTexts } from '../events/event-texts.ts';
import { HOOK_TIMEOUT_MS, runHook } from '../hooks/run-hook.ts';
import type { StartContainer } from '../planner/action.ts';
import { MINIMUM_GRACE_MS } from '../planner/plan-stop.ts';
import { findSpecContainer, type SpecContainer } from '../spec-containers.ts';
import type { PodContext } from './pod-context.ts';
import { prepareContainer } from './prepare-container.ts';
import { runPreStop } from './run-pre-stop.ts';
import { messageOf, stepFailure } from './step-failure.ts';
import { stopContainer } from './stop-container.ts';

/**
 * Makes the container, starts it and runs its postStart hook. A repeated start of the same attempt goes on where the first one ended.
 * @see kubernetes/pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer
 */
export async function startContainer(action: StartContainer, context: PodContext): Promise<void> {
  const { memory } = context;
  const container = findSpecContainer(context.pod, action.container);
  const image = memory.images.get(action.container);
  if (container === undefined || image?.state !== 'present') return;
  const run = new ContainerStartRun(container, context);
  // The next start looks at the image anew.
  memory.images.delete(action.container);
  const config = await run.try('CreateContainerConfigError', () =>
    prepareContainer(action, container, image.image, context),
  );
  if (config === undefined) return;
  const id = await run.try('CreateContainerError', () =>
    context.deps.runtime.createContainer(action.sandboxId, config, { signal: context.signal }),
  );
  if (id === undefined) return;
  context.events.record(context.pod, eventTexts.created(container));
  const started = await run.try('RunContainerError', async () => {
    await context.deps.runtime.startContainer(id, { signal: context.signal });
    return true;
  });
  if (started === undefined) return;
  context.events.record(context.pod, eventTexts.started(container));
  memory.failures.delete(action.container);
  await runPostStart(container, id, context);
}

class ContainerStartRun {
  readonly #container: SpecContainer;
  readonly #context: PodContext;

  constructor(container: SpecContainer, context: PodContext) {
    this.#container = container;
    this.#context = context;
  }

  /** @returns nothing when it failed, which is then told and remembered */
  async try<T>(reason: string, step: () => Promise<T>): Promise<T | undefined> {
    const { pod, events, memory, signal } = this.#context;
    try {
      return await step();
    } catch (error) {
      signal.throwIfAborted();
      const isConfig = isPeapodError(error, 'CreateContainerConfigError');
      events.record(pod, eventTexts.failed(this.#container, messageOf(error)));
      const failure = stepFailure(this.#context, isConfig ? 'CreateContainerConfigError' : reason, error);
      // What was made and can't run counts as ended: its back-off says when to try again.
      const retryAt = reason === 'RunContainerError' ? 0 : failure.retryAt;
      memory.failures.set(this.#container.name, { ...failure, retryAt });
      return undefined;
    }
  }
}

/** The container counts as started only after its hook; when that fails, the container is killed as any other: preStop, then the signal. */
async function runPostStart(
  container: SpecContainer,
  containerId: string,
  context: PodContext,
): Promise<void> {
  const handler = container.spec.lifecycle?.postStart;
  if (handler === undefined) return;
  const { pod, events, memory, signal } = context;
  try {
    await runHook(handler, { context, container, containerId, timeoutMs: HOOK_TIMEOUT_MS });
  } catch (error) {
    signal.throwIfAborted();
    events.record(pod, eventTexts.postStartFailed(container));
    memory.failures.set(container.name, { ...stepFailure(context, 'PostStartHookError', error), retryAt: 0 });
    await killContainer(container, containerId, context);
  }
}

/** @see kubernetes/pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer */
async function killContainer(
  container: SpecContainer,
  containerId: string,
  context: PodContext,
): Promise<void> {
  const { deps, pod, memory } = context;
  const graceMs =
    1000 * (pod.metadata?.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30);
  const killAt = deps.clock.now() + graceMs;
  const ending = { container: container.name, containerId, message: 'FailedPostStartHook', killAt };
  if (graceMs > 0 && container.spec.lifecycle?.preStop !== undefined && !memory.preStopped.has(containerId))
    await runPreStop({ type: 'run-pre-stop', ...ending }, context);
  const timeoutMs = graceMs === 0 ? 0 : Math.max(killAt - deps.clock.now(), MINIMUM_GRACE_MS);
  await stopContainer({ type: 'stop-container', ...ending, timeoutMs }, context);
}
