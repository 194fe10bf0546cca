/** @see kubernetes/pkg/kubelet/kubelet_pods.go getPhase */
import type { Container, ContainerStatus, Pod } from '../api/types.ts';
import { isSidecar } from '../pod-requests.ts';
import { shouldRestart } from './restart-decision.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export interface PhaseFacts {
  /** Of app and init containers. */
  readonly statuses: readonly ContainerStatus[];
  /** Whether the pod's life has been ended (deleted, evicted, past its deadline), so that nothing is started again. */
  readonly ended?: boolean;
}

/**
 * Where in its life a pod is.
 *
 *   Pending ──> Running ──> Succeeded | Failed
 *      └──────────────────────────────> Failed
 */
export function podPhase(pod: Pod, facts: PhaseFacts): PodPhase {
  const known = new Map(facts.statuses.map((status) => [status.name, status]));
  const restarts = (container: Container, exitCode: number): boolean =>
    facts.ended !== true && shouldRestart(pod, container, exitCode);
  const counts = { running: 0, waiting: 0, unknown: 0, stopped: 0, failed: 0, restarting: 0 };
  let initializing = false;
  for (const container of pod.spec?.initContainers ?? []) {
    const status = known.get(container.name);
    if (isSidecar(container)) initializing ||= countSidecar(counts, status);
    else {
      const outcome = initOutcome(status);
      if (outcome === 'pending') initializing = true;
      else if (outcome !== 0 && !restarts(container, outcome)) return 'Failed';
    }
  }
  for (const container of pod.spec?.containers ?? []) {
    const status = known.get(container.name);
    const ended = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated);
    if (status?.state?.running) counts.running++;
    else if (ended) {
      counts.stopped++;
      if (ended.exitCode !== 0) counts.failed++;
      if (restarts(container, ended.exitCode)) counts.restarting++;
    } else if (status?.state?.waiting) counts.waiting++;
    else counts.unknown++;
  }
  const begun = hasStarted(pod, known);
  if ((initializing && !begun) || counts.waiting > 0) return 'Pending';
  if (counts.unknown > 0) return 'Pending';
  if (counts.running > 0) return 'Running';
  if (counts.stopped === 0) return 'Pending';
  if (counts.restarting > 0) return 'Running';
  return counts.failed > 0 ? 'Failed' : 'Succeeded';
}

type Counts = { running: number; waiting: number; unknown: number };

/** @returns whether the pod's start waits for it. A sidecar that ended counts for nothing. */
function countSidecar(counts: Counts, status: ContainerStatus | undefined): boolean {
  if (status?.state?.running) {
    counts.running++;
    return status.started !== true;
  }
  if (status?.state?.terminated || (status?.state?.waiting && status.lastState?.terminated)) return false;
  if (status?.state?.waiting) counts.waiting++;
  else counts.unknown++;
  return true;
}

/** The exit code of an init container that has ended. */
function initOutcome(status: ContainerStatus | undefined): number | 'pending' {
  const { state, lastState } = status ?? {};
  if (state?.terminated) return state.terminated.exitCode;
  if (state?.waiting && lastState?.terminated && lastState.terminated.exitCode !== 0) {
    return lastState.terminated.exitCode;
  }
  return 'pending';
}

/** Whether any app container has ever run: then the pod was initialized. */
export function hasStarted(pod: Pod, statuses: ReadonlyMap<string, ContainerStatus>): boolean {
  return (pod.spec?.containers ?? []).some(({ name }) => {
    const status = statuses.get(name);
    if (status === undefined) return false;
    return Boolean(status.state?.running ?? status.state?.terminated ?? status.lastState?.terminated);
  });
}
