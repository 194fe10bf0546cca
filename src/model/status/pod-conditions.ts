/**
 * The conditions that the node sets on a pod.
 * @see kubernetes/pkg/kubelet/status/generate.go
 */
import type { Container, ContainerStatus, Pod, PodCondition } from '../api/types.ts';
import { isSidecar } from '../pod-requests.ts';
import { hasStarted, type PodPhase } from './pod-phase.ts';

export interface ConditionFacts {
  readonly phase: PodPhase;
  /** Of app and init containers. */
  readonly statuses: readonly ContainerStatus[];
  /** Whether the sandbox is there and has its network. */
  readonly sandboxReady: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Verdict = Pick<PodCondition, 'status' | 'reason' | 'message'>;

/**
 * All conditions of the pod, those of others kept. A condition's transition time changes only with its status.
 */
export function podConditions(pod: Pod, facts: ConditionFacts): PodCondition[] {
  const old = pod.status?.conditions ?? [];
  const containersReady = containersReadyVerdict(pod, facts);
  const own: Record<string, Verdict> = {
    PodReadyToStartContainers: { status: facts.sandboxReady ? 'True' : 'False' },
    Initialized: initializedVerdict(pod, facts),
    Ready: readyVerdict(pod, containersReady),
    ContainersReady: containersReady,
    PodScheduled: { status: 'True' },
  };
  const made = Object.entries(own).map(([type, verdict]) => condition(pod, type, verdict, facts.now));
  return [...made, ...old.filter(({ type }) => !Object.hasOwn(own, type))];
}

function condition(pod: Pod, type: string, verdict: Verdict, now: number): PodCondition {
  const before = pod.status?.conditions?.find((one) => one.type === type);
  const unchanged = before?.status === verdict.status ? before.lastTransitionTime : undefined;
  const made: PodCondition = {
    type,
    status: verdict.status,
    lastTransitionTime: unchanged ?? apiTime(now),
  };
  if (pod.metadata?.generation !== undefined) made.observedGeneration = pod.metadata.generation;
  if (verdict.reason !== undefined) made.reason = verdict.reason;
  if (verdict.message !== undefined) made.message = verdict.message;
  return made;
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function apiTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function containersReadyVerdict(pod: Pod, { phase, statuses }: ConditionFacts): Verdict {
  const lasting = [...(pod.spec?.initContainers ?? []).filter(isSidecar), ...(pod.spec?.containers ?? [])];
  const { unknown, wrong: unready } = sortOut(lasting, statuses, (status) => status.ready);
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const message = complaints({ unknown, unready });
  return message === '' ? { status: 'True' } : { status: 'False', reason: 'ContainersNotReady', message };
}

function initializedVerdict(pod: Pod, { phase, statuses }: ConditionFacts): Verdict {
  const { unknown, wrong: incomplete } = sortOut(
    pod.spec?.initContainers ?? [],
    statuses,
    (status, container) => (isSidecar(container) ? status.started === true : status.ready),
  );
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'True', reason: 'PodCompleted' };
  if (hasStarted(pod, new Map(statuses.map((status) => [status.name, status])))) return { status: 'True' };
  const message = complaints({ unknown, incomplete });
  return message === ''
    ? { status: 'True' }
    : { status: 'False', reason: 'ContainersNotInitialized', message };
}

function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const problems: string[] = [];
  for (const { conditionType } of pod.spec?.readinessGates ?? []) {
    const gate = pod.status?.conditions?.find(({ type }) => type === conditionType);
    const quoted = JSON.stringify(conditionType);
    if (gate === undefined) {
      problems.push(`corresponding condition of pod readiness gate ${quoted} does not exist.`);
    } else if (gate.status !== 'True') {
      problems.push(`the status of pod readiness gate ${quoted} is not "True", but ${gate.status}`);
    }
  }
  if (problems.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}

function sortOut(
  containers: readonly Container[],
  statuses: readonly ContainerStatus[],
  isRight: (status: ContainerStatus, container: Container) => boolean,
): { unknown: string[]; wrong: string[] } {
  const unknown: string[] = [];
  const wrong: string[] = [];
  for (const container of containers) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!isRight(status, container)) wrong.push(container.name);
  }
  return { unknown, wrong };
}

/** `containers with unready status: [a b]` */
function complaints(names: Record<string, readonly string[]>): string {
  return Object.entries(names)
    .filter(([, list]) => list.length > 0)
    .map(([what, list]) => `containers with ${what} status: [${list.join(' ')}]`)
    .join(', ');
}
