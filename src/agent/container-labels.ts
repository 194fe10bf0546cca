/**
 * What the agent writes on sandboxes and containers to know them again. Names as the kubelet's.
 * @see kubernetes/pkg/kubelet/kuberuntime/labels.go
 */
import type { Container, EphemeralContainer, Pod } from '../model/api/types.ts';
import type { Backoff } from '../model/status/backoff.ts';
import type { ContainerStatus as RuntimeContainer } from '../runtime/pod-runtime.ts';
import { podIdentity } from './pod-identity.ts';

const POD_NAME_LABEL = 'io.kubernetes.pod.name';
const POD_NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';
export const POD_UID_LABEL = 'io.kubernetes.pod.uid';
const CONTAINER_NAME_LABEL = 'io.kubernetes.container.name';
const RESTART_COUNT = 'io.kubernetes.container.restartCount';
const TERMINATION_MESSAGE_PATH = 'io.kubernetes.container.terminationMessagePath';
const TERMINATION_MESSAGE_POLICY = 'io.kubernetes.container.terminationMessagePolicy';
const GRACE_PERIOD = 'io.kubernetes.pod.terminationGracePeriod';
/** How long the next restart waits, and when that was set: the back-off survives the agent with it. */
const BACKOFF = 'peapod.dev/restart-backoff';

export function podLabels(pod: Pod): Record<string, string> {
  const { name, namespace, uid } = podIdentity(pod);
  return { [POD_NAME_LABEL]: name, [POD_NAMESPACE_LABEL]: namespace, [POD_UID_LABEL]: uid };
}

export function containerLabels(pod: Pod, containerName: string): Record<string, string> {
  return { ...podLabels(pod), [CONTAINER_NAME_LABEL]: containerName };
}

export interface ContainerStart {
  attempt: number;
  backoff: Backoff | undefined;
}

export function containerAnnotations(
  pod: Pod,
  container: Container | EphemeralContainer,
  start: ContainerStart,
): Record<string, string> {
  return {
    [RESTART_COUNT]: String(start.attempt),
    [TERMINATION_MESSAGE_PATH]: container.terminationMessagePath ?? '',
    [TERMINATION_MESSAGE_POLICY]: container.terminationMessagePolicy ?? 'File',
    [GRACE_PERIOD]: String(pod.spec?.terminationGracePeriodSeconds ?? 30),
    ...(start.backoff === undefined ? {} : { [BACKOFF]: JSON.stringify(start.backoff) }),
  };
}

export function terminationMessageOf({ annotations }: RuntimeContainer): { path: string; policy: string } {
  return {
    path: annotations[TERMINATION_MESSAGE_PATH] ?? '',
    policy: annotations[TERMINATION_MESSAGE_POLICY] ?? 'File',
  };
}

/** Nothing for a container's first start. */
export function backoffOf({ annotations }: RuntimeContainer): Backoff | undefined {
  const text = annotations[BACKOFF];
  if (text === undefined) return undefined;
  const { delayMs, updatedAt } = JSON.parse(text) as Partial<Backoff>;
  return typeof delayMs === 'number' && typeof updatedAt === 'number' ? { delayMs, updatedAt } : undefined;
}
