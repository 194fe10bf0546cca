/**
 * What kubectl's table tells of a pod.
 * @see kubernetes/pkg/printers/internalversion/printers.go printPod
 */
import type { Container, ContainerState, ContainerStatus, Pod } from '../api/types.ts';
import { isSidecar } from '../pod-requests.ts';
import { humanDuration } from './human-duration.ts';

export interface PodRow {
  readonly name: string;
  readonly namespace: string;
  /** `1/2`: ready of all containers that last. */
  readonly ready: string;
  /** `Running`, `Init:0/1`, `CrashLoopBackOff`, `Completed`, `Terminating`, … */
  readonly status: string;
  /** `3`, or `3 (5m ago)`. */
  readonly restarts: string;
  readonly age: string;
  /** For `-o wide`; `<none>` where there is none. */
  readonly ip: string;
  readonly node: string;
  readonly nominatedNode: string;
  readonly readinessGates: string;
}

interface Tally {
  reason: string;
  ready: number;
  restarts: number;
  /** Milliseconds since the epoch; 0 when nothing has been restarted. */
  lastRestart: number;
}

const NONE = '<none>';

/** @param now milliseconds since the epoch */
export function podRow(pod: Pod, now: number): PodRow {
  const tally = countContainers(pod);
  const lasting =
    (pod.spec?.containers ?? []).length + (pod.spec?.initContainers ?? []).filter(isSidecar).length;
  return {
    name: pod.metadata?.name ?? '',
    namespace: pod.metadata?.namespace ?? '',
    ready: `${tally.ready}/${lasting}`,
    status: deletionReason(pod) ?? tally.reason,
    restarts:
      tally.restarts > 0 && tally.lastRestart > 0
        ? `${tally.restarts} (${humanDuration(now - tally.lastRestart)} ago)`
        : String(tally.restarts),
    age: since(pod.metadata?.creationTimestamp, now),
    ip: pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? NONE,
    node: pod.spec?.nodeName || NONE,
    nominatedNode: pod.status?.nominatedNodeName || NONE,
    readinessGates: readinessGates(pod),
  };
}

/** How long ago that was, as in the AGE column. */
export function since(time: string | undefined, now: number): string {
  const at = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at);
}

function countContainers(pod: Pod): Tally {
  const status = pod.status ?? {};
  const gated = status.conditions?.some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  const reason = gated ? 'SchedulingGated' : status.reason || (status.phase ?? 'Unknown');
  const tally: Tally = { reason, ready: 0, restarts: 0, lastRestart: 0 };
  const sidecars = { restarts: 0, lastRestart: 0 };
  const initializing = countInitContainers(pod, tally, sidecars);
  if (initializing && !hasCondition(pod, 'Initialized')) return tally;
  // What init containers were restarted no longer matters once they are through.
  Object.assign(tally, sidecars);
  countAppContainers(pod, tally);
  return tally;
}

/** @returns whether one of them is not through */
function countInitContainers(
  pod: Pod,
  tally: Tally,
  sidecars: Pick<Tally, 'restarts' | 'lastRestart'>,
): boolean {
  const specs = new Map((pod.spec?.initContainers ?? []).map((container) => [container.name, container]));
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const isLasting = isSidecarNamed(specs, status.name);
    addRestarts(tally, status);
    if (isLasting) addRestarts(sidecars, status);
    const state = status.state ?? {};
    if (state.terminated?.exitCode === 0) continue;
    if (isLasting && status.started === true) {
      if (status.ready) tally.ready++;
      continue;
    }
    tally.reason = `Init:${initReason(state) ?? `${index}/${specs.size}`}`;
    return true;
  }
  return false;
}

function isSidecarNamed(specs: ReadonlyMap<string, Container>, name: string): boolean {
  const container = specs.get(name);
  return container !== undefined && isSidecar(container);
}

function initReason(state: ContainerState): string | undefined {
  if (state.terminated) return terminatedReason(state);
  const waiting = state.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? waiting : undefined;
}

function terminatedReason({ terminated }: ContainerState): string | undefined {
  if (terminated === undefined) return undefined;
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

function countAppContainers(pod: Pod, tally: Tally): void {
  let running = false;
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    addRestarts(tally, status);
    const state = status.state ?? {};
    const reason = state.waiting?.reason || terminatedReason(state);
    if (reason) tally.reason = reason;
    else if (status.ready && state.running) {
      running = true;
      tally.ready++;
    }
  }
  if (tally.reason === 'Completed' && running) {
    tally.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
}

function addRestarts(tally: Pick<Tally, 'restarts' | 'lastRestart'>, status: ContainerStatus): void {
  tally.restarts += status.restartCount;
  const finished = Date.parse(status.lastState?.terminated?.finishedAt ?? '');
  if (finished > tally.lastRestart) tally.lastRestart = finished;
}

function hasCondition(pod: Pod, type: string): boolean {
  return (pod.status?.conditions ?? []).some((one) => one.type === type && one.status === 'True');
}

function deletionReason(pod: Pod): string | undefined {
  if (pod.metadata?.deletionTimestamp === undefined) return undefined;
  if (pod.status?.reason === 'NodeLost') return 'Unknown';
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed' ? undefined : 'Terminating';
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  return `${gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}
