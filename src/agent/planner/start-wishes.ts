import { type Backoff, backoffRemainingMs, nextBackoff } from '../../model/status/backoff.ts';
import { shouldRestart } from '../../model/status/restart-decision.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { backoffOf } from '../container-labels.ts';
import { type SpecContainer, specContainers } from '../spec-containers.ts';
import { containerKey } from './action.ts';
import { containersNamed, newestContainer } from './observed.ts';
import type { PlanBuilder } from './plan-builder.ts';
import type { PlanInput } from './plan-input.ts';
import { planRunning } from './plan-running.ts';

/** A container that shall be started as soon as sandbox and image are there. */
export interface StartWish {
  readonly container: SpecContainer;
  readonly attempt: number;
  readonly backoff: Backoff | undefined;
}

/**
 * The containers to start now, in Kubernetes' order: init containers one by one, sidecars in between staying, then all
 * app containers at once. Ephemeral containers wait for nobody. Plans on the way what running ones need.
 * @param sandboxId absent: the sandbox is to be made
 */
export function startWishes(input: PlanInput, sandboxId: string | undefined, plan: PlanBuilder): StartWish[] {
  const wishes = new Wishes(input, sandboxId, plan);
  const all = specContainers(input.pod);
  for (const container of all) if (container.kind === 'ephemeral') wishes.startOnce(container);
  const initialized = addInitContainers(wishes, all);
  if (initialized) {
    for (const container of all) if (container.kind === 'app') wishes.keepRunning(container);
  }
  return wishes.list;
}

/** @returns whether app containers may run */
function addInitContainers(wishes: Wishes, all: readonly SpecContainer[]): boolean {
  const begun = all.some(({ kind, name }) => kind === 'app' && wishes.instanceHere(name) !== undefined);
  const sequence = all.filter(({ kind }) => kind === 'init' || kind === 'sidecar');
  const last = sequence.findLastIndex(({ name }) => wishes.instanceHere(name) !== undefined);
  let open = true;
  for (const [index, container] of sequence.entries()) {
    const here = wishes.instanceHere(container.name);
    if (container.kind === 'sidecar') {
      if (here !== undefined) wishes.keepRunning(container);
      else if (open || begun) wishes.start(container);
      // What once let others through goes on without holding them up.
      if (index >= last && !wishes.hasStarted(container)) open = false;
    } else if (!begun) {
      if (here === undefined) {
        if (open && index > last) wishes.start(container);
      } else if (index === last && !succeeded(here)) wishes.keepRunning(container);
      if (here === undefined || !succeeded(here)) open = false;
    }
  }
  return open || begun;
}

function succeeded({ state, exitCode }: RuntimeContainer): boolean {
  return state === 'CONTAINER_EXITED' && exitCode === 0;
}

class Wishes {
  readonly list: StartWish[] = [];
  readonly #input: PlanInput;
  readonly #sandboxId: string | undefined;
  readonly #plan: PlanBuilder;

  constructor(input: PlanInput, sandboxId: string | undefined, plan: PlanBuilder) {
    this.#input = input;
    this.#sandboxId = sandboxId;
    this.#plan = plan;
  }

  /** The container's newest instance in the present sandbox. */
  instanceHere(name: string): RuntimeContainer | undefined {
    if (this.#sandboxId === undefined) return undefined;
    return containersNamed(this.#input.observed, name).find(({ sandboxId }) => sandboxId === this.#sandboxId);
  }

  /** Whether it runs, its postStart hook is through, and its startup probe too. */
  hasStarted(container: SpecContainer): boolean {
    const here = this.instanceHere(container.name);
    if (here?.state !== 'CONTAINER_RUNNING' || this.#isBusy(container)) return false;
    if (container.spec.startupProbe === undefined) return true;
    return this.#input.facts.probes.get(here.id)?.startup === 'success';
  }

  startOnce(container: SpecContainer): void {
    const newest = newestContainer(this.#input.observed, container.name);
    if (newest === undefined) this.start(container);
    else if (newest.state === 'CONTAINER_CREATED' || newest.state === 'CONTAINER_UNKNOWN')
      this.#finishStart(container, newest);
  }

  /** Starts it whatever came before. */
  start(container: SpecContainer): void {
    if (this.#isBusy(container)) return;
    const newest = newestContainer(this.#input.observed, container.name);
    const backoff = newest === undefined ? undefined : backoffOf(newest);
    this.list.push({ container, attempt: this.#nextAttempt(container, newest), backoff });
  }

  /** Starts it when it is not there, again when it ended and its policy says so; cares for it while it runs. */
  keepRunning(container: SpecContainer): void {
    if (this.#isBusy(container)) return;
    const newest = newestContainer(this.#input.observed, container.name);
    if (newest === undefined) {
      this.start(container);
      return;
    }
    switch (newest.state) {
      case 'CONTAINER_EXITED':
        this.#restart(container, newest);
        break;
      case 'CONTAINER_RUNNING':
        if (newest.sandboxId === this.#sandboxId) planRunning(this.#input, this.#plan, container, newest);
        break;
      default:
        this.#finishStart(container, newest);
    }
  }

  /** It was made, and the agent went away before it could start it. */
  #finishStart(container: SpecContainer, newest: RuntimeContainer): void {
    if (this.#isBusy(container) || newest.sandboxId !== this.#sandboxId) return;
    this.list.push({ container, attempt: newest.metadata.attempt, backoff: backoffOf(newest) });
  }

  #restart(container: SpecContainer, ended: RuntimeContainer): void {
    const { pod, now } = this.#input;
    if (!shouldRestart(pod, container.spec, ended.exitCode)) return;
    const backoff = backoffOf(ended);
    const remainingMs = backoffRemainingMs(backoff, ended.finishedAt, now);
    if (remainingMs > 0) this.#plan.wakeAt(now + remainingMs);
    else {
      this.list.push({
        container,
        attempt: this.#nextAttempt(container, ended),
        backoff: nextBackoff(backoff, ended.finishedAt, now),
      });
    }
  }

  #nextAttempt(container: SpecContainer, newest: RuntimeContainer | undefined): number {
    if (newest !== undefined) return newest.metadata.attempt + 1;
    const { initContainerStatuses = [], containerStatuses = [] } = this.#input.pod.status ?? {};
    const told = [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === container.name);
    // What ran before the node was started anew is known by its status alone.
    const ran = told?.containerID ?? told?.lastState?.terminated?.containerID;
    return told === undefined || ran === undefined ? 0 : told.restartCount + 1;
  }

  #isBusy(container: SpecContainer): boolean {
    return this.#input.busy.has(containerKey(container.name));
  }
}
