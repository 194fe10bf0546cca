/** @see kubernetes/pkg/kubelet/prober/worker.go and prober.go */
import type { Pod } from '../../model/api/types.ts';
import { nearestBeat } from '../../model/nearest-beat.ts';
import type { ContainerStatus as RuntimeContainer } from '../../runtime/pod-runtime.ts';
import { messageOf } from '../actions/step-failure.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { eventTexts } from '../events/event-texts.ts';
import type { PodEvents } from '../events/pod-events.ts';
import type { ObservedPod, ProbeResult } from '../planner/plan-input.ts';
import type { SpecContainer } from '../spec-containers.ts';
import { podAddress } from './pod-address.ts';
import type { ProbeDialer, Unrest } from './probe-dialer.ts';
import { type ProbeKind, probeOf } from './probe-set.ts';
import { type ProbeOutcome, probeTalk, runProbe } from './run-probe.ts';

export interface ProbeContainer {
  deps: AgentDeps;
  events: PodEvents;
  container: SpecContainer;
  instance: RuntimeContainer;
  pod: () => Pod;
  observed: () => ObservedPod;
  signal: AbortSignal;
  /** Called when the thresholds are reached. */
  onResult: (result: ProbeResult) => void;
}

/** How soon a port is tried again on which nobody listens yet: after so much of the time that it has taken already. */
const PATIENCE = 0.25;
const SHORTEST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1000;

const LABELS: Record<ProbeKind, string> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
};

/** Probes one instance of a container until aborted, or until its startup or liveness probe has come to an end. */
export async function probeContainer(kind: ProbeKind, run: ProbeContainer): Promise<void> {
  const { deps, container, instance, signal } = run;
  const probe = probeOf(container, kind);
  if (probe === undefined) return;
  const { successThreshold = 1, failureThreshold = 3, periodSeconds = 10, initialDelaySeconds = 0 } = probe;
  const firstAt = (instance.startedAt || deps.clock.now()) + initialDelaySeconds * 1000;
  await deps.clock.sleep(firstAt - deps.clock.now(), { signal });
  let last: ProbeResult = 'unknown';
  let inARow = 0;
  let hasSucceeded = false;
  let unrest: Unrest | undefined;
  for (;;) {
    const begunAt = unrest?.beganAt ?? deps.clock.now();
    const nextAt = begunAt + periodSeconds * 1000;
    // A failure that decides is told when the kubelet tells it.
    const isLastChance = kind !== 'readiness' && inARow + 1 >= failureThreshold;
    const waits = !hasSucceeded && !isLastChance;
    const wait = waits ? { sinceMs: firstAt, untilMs: nextAt } : undefined;
    const dialer = unrest === undefined ? deps.dialer : { ...deps.dialer, ...unrest.dialer };
    const result = await probeOnce(kind, run, dialer, wait);
    hasSucceeded ||= result === 'success';
    signal.throwIfAborted();
    if (result !== undefined) {
      inARow = result === last ? inARow + 1 : 1;
      last = result;
      if (inARow >= (result === 'success' ? successThreshold : failureThreshold)) {
        run.onResult(result);
        // A container that failed is killed; one that started is watched by its other probes.
        if ((kind !== 'readiness' && result === 'failure') || kind === 'startup') return;
      }
    }
    // Until the container is what it is to be somebody waits for it.
    const isSettled = last === 'success' && inARow >= successThreshold;
    const at = isSettled ? nearestBeat(nextAt, periodSeconds * 1000) : nextAt;
    unrest = isSettled ? await rested(kind, run, { at, periodMs: periodSeconds * 1000 }) : undefined;
    if (unrest === undefined) await deps.clock.sleep(at - deps.clock.now(), { signal });
  }
}

/**
 * Probes at the given time, and on, for as long as all is well, where that can be had for less than one probe after the other.
 * @returns what the last one came to
 */
async function rested(
  kind: ProbeKind,
  { deps, container, pod, observed, signal }: ProbeContainer,
  beat: { at: number; periodMs: number },
): Promise<Unrest | undefined> {
  const probe = probeOf(container, kind);
  const address = podAddress(pod(), observed(), deps.node.ips);
  const talk = probe && probeTalk(probe, { container, address, isAwaited: false });
  return await (talk && deps.dialer.rest?.(talk, beat, { signal }));
}

/** @returns nothing when the probe itself could not be run: that says nothing about the container */
async function probeOnce(
  kind: ProbeKind,
  run: ProbeContainer,
  dialer: ProbeDialer,
  wait: ListenWait | undefined,
): Promise<'success' | 'failure' | undefined> {
  const { deps, container, instance, events, signal } = run;
  const probe = probeOf(container, kind);
  if (probe === undefined) return undefined;
  const pod = run.pod();
  const label = LABELS[kind];
  let outcome: ProbeOutcome;
  try {
    outcome = await onceListening(deps, wait, signal, () =>
      runProbe(probe, {
        deps: { runtime: deps.runtime, dialer },
        container,
        containerId: instance.id,
        address: podAddress(pod, run.observed(), deps.node.ips),
        signal,
        isAwaited: wait !== undefined,
      }),
    );
  } catch (error) {
    signal.throwIfAborted();
    events.record(pod, eventTexts.probeError(container, label, messageOf(error)));
    return undefined;
  }
  signal.throwIfAborted();
  if (outcome.result === 'failure')
    events.record(pod, eventTexts.unhealthy(container, label, outcome.output));
  if (outcome.result === 'warning')
    events.record(pod, eventTexts.probeWarning(container, label, outcome.output));
  return outcome.result === 'failure' ? 'failure' : 'success';
}

interface ListenWait {
  /** When the container could have begun to listen. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * Asks, and again soon while nobody listens: a container that is ready a moment after its first probe is so for the world a moment later, not a whole
 * period. One that has been asked is not asked again before its time.
 */
async function onceListening(
  { clock }: AgentDeps,
  wait: ListenWait | undefined,
  signal: AbortSignal,
  ask: () => Promise<ProbeOutcome>,
): Promise<ProbeOutcome> {
  for (;;) {
    const outcome = await ask();
    if (wait === undefined || outcome.unnoticed !== true) return outcome;
    const waited = clock.now() - wait.sinceMs;
    const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waited * PATIENCE));
    if (clock.now() + pause >= wait.untilMs) return outcome;
    await clock.sleep(pause, { signal });
  }
}
