/**
 * Kubernetes' reasons and messages.
 * @see kubernetes/pkg/kubelet/events/event.go and kuberuntime/kuberuntime_container.go
 */
import type { Container, Pod } from '../../model/api/types.ts';
import { isSidecar } from '../../model/pod-requests.ts';
import { describePodIdentity } from '../pod-identity.ts';
import type { SpecContainer } from '../spec-containers.ts';
import type { PodEventText } from './pod-events.ts';

function normal(reason: string, message: string, container?: SpecContainer): PodEventText {
  return { type: 'Normal', reason, message, ...(container === undefined ? {} : { container }) };
}

function warning(reason: string, message: string, container?: SpecContainer): PodEventText {
  return { type: 'Warning', reason, message, ...(container === undefined ? {} : { container }) };
}

export const eventTexts = {
  pulling: (container: SpecContainer) =>
    normal('Pulling', `Pulling image "${container.spec.image}"`, container),
  pulled: (container: SpecContainer, elapsedMs: number, sizeBytes: number) => {
    const took = goSeconds(elapsedMs);
    const text = `Successfully pulled image "${container.spec.image}" in ${took} (${took} including waiting). Image size: ${sizeBytes} bytes.`;
    return normal('Pulled', text, container);
  },
  imagePresent: (container: SpecContainer) =>
    normal(
      'Pulled',
      `Container image "${container.spec.image}" already present on machine and can be accessed by the pod`,
      container,
    ),
  pullFailed: (container: SpecContainer, why: string) =>
    warning('Failed', `Failed to pull image "${container.spec.image}": ${why}`, container),
  pullBackOff: (container: SpecContainer) =>
    normal('BackOff', `Back-off pulling image "${container.spec.image}"`, container),
  neverPull: (container: SpecContainer) =>
    warning(
      'ErrImageNeverPull',
      `Container image "${container.spec.image}" is not present with pull policy of Never`,
      container,
    ),
  inspectFailed: (container: SpecContainer, why: string) =>
    warning('InspectFailed', `Failed to inspect image "${container.spec.image}": ${why}`, container),
  failed: (container: SpecContainer, why: string) => warning('Failed', `Error: ${why}`, container),
  created: (container: SpecContainer) => normal('Created', 'Container created', container),
  started: (container: SpecContainer) => normal('Started', 'Container started', container),
  killing: (container: SpecContainer, message: string) => normal('Killing', message, container),
  backOff: (container: SpecContainer, pod: Pod) =>
    warning(
      'BackOff',
      `Back-off restarting failed container ${container.name} in pod ${describePodIdentity(pod)}`,
      container,
    ),
  postStartFailed: (container: SpecContainer) =>
    warning('FailedPostStartHook', 'PostStartHook failed', container),
  preStopFailed: (container: SpecContainer) => warning('FailedPreStopHook', 'PreStopHook failed', container),
  unhealthy: (container: SpecContainer, kind: string, why: string) =>
    warning('Unhealthy', `${kind} probe failed: ${why}`, container),
  probeError: (container: SpecContainer, kind: string, why: string) =>
    warning('Unhealthy', `${kind} probe errored and resulted in unknown state: ${why}`, container),
  probeWarning: (container: SpecContainer, kind: string, why: string) =>
    warning('ProbeWarning', `${kind} probe warning: ${why}`, container),
  invalidVariableNames: (container: SpecContainer, keys: readonly string[], kind: string, source: string) =>
    warning(
      'InvalidEnvironmentVariableNames',
      `Keys [${keys.join(', ')}] from the EnvFrom ${kind} ${source} were skipped since they are considered invalid environment variable names.`,
      container,
    ),
  failedMount: (why: string) => warning('FailedMount', why),
  failedSandbox: (why: string) => warning('FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`),
  failedCgroup: (why: string) =>
    warning('FailedCreatePodContainer', `unable to ensure pod container exists: ${why}`),
  failedKill: (why: string) => warning('FailedKillPod', `error killing pod: ${why}`),
  sandboxChanged: () => normal('SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.'),
  deadlineExceeded: () =>
    normal('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline'),
  resizeStarted: (pod: Pod) => normal('ResizeStarted', `Pod resize started: ${resourceSummary(pod)}`),
  resizeCompleted: (pod: Pod) => normal('ResizeCompleted', `Pod resize completed: ${resourceSummary(pod)}`),
  resizePending: (pod: Pod, reason: string, why: string) =>
    warning(`Resize${reason}`, `Pod resize ${reason}: ${resourceSummary(pod, why)}`),
  resizeFailed: (pod: Pod, why: string) =>
    warning('ResizeError', `Pod resize error: ${resourceSummary(pod, why)}`),
  evicted: (why: string) => warning('Evicted', why),
  preempted: () => warning('Preempting', 'Preempted in order to admit critical pod'),
  rejected: (reason: string, why: string) => warning(reason, why),
};

/** What the pod asks for, as JSON. @see kubernetes/pkg/kubelet/allocation/allocation_manager.go makeResourceSummaryFromSpec */
function resourceSummary({ metadata, spec }: Pod, error?: string): string {
  const ofAll = (containers: readonly Container[] = []) =>
    containers.map(({ name, resources: { limits, requests } = {} }) => ({
      name,
      resources: { ...(limits && { limits }), ...(requests && { requests }) },
    }));
  const sidecars = ofAll(spec?.initContainers?.filter(isSidecar));
  return JSON.stringify({
    ...(sidecars.length > 0 && { initContainers: sidecars }),
    containers: ofAll(spec?.containers),
    generation: metadata?.generation ?? 0,
    ...(error !== undefined && { error }),
  });
}

/** Go's way of writing a duration, in milliseconds at the finest: `1.2s`, `850ms`, `1m2.5s`. */
function goSeconds(ms: number): string {
  const rounded = Math.max(Math.round(ms), 0);
  if (rounded === 0) return '0s';
  if (rounded < 1000) return `${rounded}ms`;
  const minutes = Math.floor(rounded / 60_000);
  return `${minutes > 0 ? `${minutes}m` : ''}${(rounded % 60_000) / 1000}s`;
}
