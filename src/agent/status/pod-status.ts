import type { ContainerStatus, PodCondition, PodStatus } from '../../model/api/types.ts';
import { qosClass } from '../../model/qos-class.ts';
import { apiTime, podConditions } from '../../model/status/pod-conditions.ts';
import { type PodPhase, podPhase } from '../../model/status/pod-phase.ts';
import { isLive, readySandbox } from '../planner/observed.ts';
import { type ContainerKind, specContainers } from '../spec-containers.ts';
import { containerStatus } from './container-status.ts';
import { podAddresses } from './pod-addresses.ts';
import { podResources } from './pod-resources.ts';
import { resizeConditions } from './resize-conditions.ts';
import type { StatusInput } from './status-input.ts';

/**
 * The pod's status as the kubelet writes it. Pure.
 * @see kubernetes/pkg/kubelet/kubelet_pods.go generateAPIPodStatus
 */
export function podStatus(input: StatusInput): PodStatus {
  const { pod, observed, now } = input;
  const before = pod.status ?? {};
  const containerStatuses = statusesOf(input, ['app']);
  const initContainerStatuses = statusesOf(input, ['init', 'sidecar']);
  const ephemeralContainerStatuses = statusesOf(input, ['ephemeral']);
  const statuses = [...initContainerStatuses, ...containerStatuses];
  const phase = phaseOf(input, statuses);
  const sandbox = readySandbox(pod, observed);
  return {
    phase,
    ...verdict(input),
    ...(pod.metadata?.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    conditions: [
      ...podConditions(pod, { phase, statuses, sandboxReady: sandbox !== undefined, now }).filter(
        ({ type }) =>
          type !== 'PodResizePending' && type !== 'PodResizeInProgress' && type !== 'DisruptionTarget',
      ),
      ...resizeConditions(input),
      ...disruption(input),
    ],
    // An ended pod keeps the addresses that it had.
    ...addresses(input, sandbox?.ips),
    startTime: before.startTime ?? apiTime(now),
    qosClass: before.qosClass ?? qosClass(pod),
    ...podResources(pod),
    ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
    containerStatuses,
    ...(ephemeralContainerStatuses.length === 0 ? {} : { ephemeralContainerStatuses }),
  };
}

function statusesOf(input: StatusInput, kinds: readonly ContainerKind[]): ContainerStatus[] {
  return specContainers(input.pod)
    .filter(({ kind }) => kinds.includes(kind))
    .filter(({ kind, name }) => kind !== 'ephemeral' || wasSeen(input, name))
    .map((container) => containerStatus(input, container));
}

/** An ephemeral container has no status before something is known of it. */
function wasSeen({ observed, facts, busy }: StatusInput, name: string): boolean {
  return (
    observed.containers.some(({ metadata }) => metadata.name === name) ||
    facts.images.has(name) ||
    facts.failures.has(name) ||
    busy.has(`container/${name}`)
  );
}

/** A pod that has ended stays so; one that is being ended says so only when nothing of it runs any more. */
function phaseOf(input: StatusInput, statuses: readonly ContainerStatus[]): PodPhase {
  const { pod, ending, observed, facts } = input;
  const before = pod.status?.phase;
  if (before === 'Succeeded' || before === 'Failed') return before;
  if (facts.eviction !== undefined || ending?.cause === 'evicted' || ending?.cause === 'deadline')
    return 'Failed';
  const ended = ending !== undefined && ending.cause !== 'finished';
  const quiet = !observed.containers.some(isLive);
  const phase = podPhase(pod, { statuses, ended: ended && quiet });
  if (ending === undefined) return phase;
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  if (isOver) return quiet ? phase : ((before as PodPhase | undefined) ?? 'Running');
  return quiet && input.busy.size === 0 ? 'Failed' : phase;
}

function verdict({ facts, ending, pod }: StatusInput): { reason?: string; message?: string } {
  if (facts.eviction !== undefined) {
    const { reason, message, isRefused } = facts.eviction;
    return { reason, message: isRefused ? `Pod was rejected: ${message}` : message };
  }
  if (pod.status?.reason !== undefined) {
    const { reason, message } = pod.status;
    return { reason, ...(message === undefined ? {} : { message }) };
  }
  if (ending?.cause !== 'deadline') return {};
  return {
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  };
}

/** An evicted pod says that it did not end of its own accord. */
function disruption({ pod, facts, now }: StatusInput): PodCondition[] {
  const before = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  if (before !== undefined) return [before];
  if (facts.eviction === undefined || facts.eviction.isRefused) return [];
  return [
    {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message: facts.eviction.message,
      lastTransitionTime: apiTime(now),
    },
  ];
}

function addresses(
  { pod, nodeIps }: StatusInput,
  sandboxIps: readonly string[] | undefined,
): ReturnType<typeof podAddresses> {
  const before = (pod.status?.podIPs ?? []).map(({ ip }) => ip);
  return podAddresses(
    pod,
    sandboxIps === undefined || sandboxIps.length === 0 ? before : sandboxIps,
    nodeIps,
  );
}
