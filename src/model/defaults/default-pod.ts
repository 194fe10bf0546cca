/**
 * What the API server fills into a pod that does not say it.
 * @see kubernetes/pkg/apis/core/v1/defaults.go
 */
import { copyPlain } from '../copy-plain.ts';
import type { Container, ObjectMeta, Pod, PodSpec, PodStatus } from '../api/types.ts';
import { aggregateContainerLimits, aggregateContainerRequests, isPodLevelResource } from '../pod-requests.ts';
import { qosClass } from '../qos-class.ts';
import { tryParseQuantity } from '../quantity.ts';
import { formatResources } from '../resource-list.ts';
import { canonicalizeQuantities } from './canonical-quantities.ts';
import { defaultContainer, defaultRequestsFromLimits } from './default-container.ts';
import { defaultVolume } from './default-volume.ts';

/** A pod after defaulting: what every pod has is there. */
export interface DefaultedPod extends Pod {
  metadata: ObjectMeta & { name: string; namespace: string };
  spec: PodSpec;
}

/** A copy of the pod with all defaults; idempotent. */
export function defaultPod(pod: Pod): DefaultedPod {
  return defaultOwnPod(copyPlain(pod));
}

/** The same for who needs the pod as it was no more: it shares its parts, and these are changed. */
export function defaultOwnPod(pod: Pod): DefaultedPod {
  const defaulted: DefaultedPod = {
    ...pod,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...pod.metadata,
      name: pod.metadata?.name ?? '',
      namespace: pod.metadata?.namespace || 'default',
    },
    spec: pod.spec ?? { containers: [] },
  };
  canonicalizeQuantities(defaulted, 'Pod');
  defaultPodSpec(defaulted.spec);
  defaultPodResources(defaulted.spec);
  return defaulted;
}

/** The status that a pod starts its life with. */
export function initialPodStatus(pod: Pod): PodStatus {
  return { phase: 'Pending', qosClass: qosClass(pod) };
}

/** Fills in, in place, what both pods and their templates get. */
export function defaultTemplateSpec(spec: PodSpec): void {
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.restartPolicy ??= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= 'default-scheduler';
  spec.securityContext ??= {};
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined) {
    spec.serviceAccountName = spec.serviceAccount;
  }
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  for (const container of [...containers, ...(spec.ephemeralContainers ?? [])]) defaultContainer(container);
}

function defaultPodSpec(spec: PodSpec): void {
  defaultTemplateSpec(spec);
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    defaultRequestsFromLimits(container.resources);
    if (spec.hostNetwork === true) useNodePorts(container);
  }
}

/** On the node's network a container's port is the node's port. */
function useNodePorts(container: Container): void {
  for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
}

/** Pod-level requests that are not said are the containers', or else as large as the pod's limits. */
function defaultPodResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined || !allQuantitiesParse(spec)) return;
  const hugePages = Object.entries(formatResources(aggregateContainerLimits(spec))).filter(([name]) =>
    name.startsWith('hugepages-'),
  );
  for (const [name, limit] of hugePages) {
    if (resources.limits?.[name] !== undefined || resources.requests?.[name] !== undefined) continue;
    if (resources.limits === undefined && resources.requests === undefined) continue;
    resources.limits = { ...resources.limits, [name]: limit };
  }
  if (resources.limits === undefined) return;
  const requests: Record<string, string> = { ...resources.requests };
  for (const [name, request] of Object.entries(formatResources(aggregateContainerRequests(spec)))) {
    if (isPodLevelResource(name) && !name.startsWith('hugepages-')) requests[name] ??= request;
  }
  for (const [name, limit] of Object.entries(resources.limits)) {
    if (isPodLevelResource(name)) requests[name] ??= limit;
  }
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/** What does not is for validation to tell. */
function allQuantitiesParse(spec: PodSpec): boolean {
  const parts = [spec, ...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  return parts
    .flatMap((one) => [...Object.values(one?.requests ?? {}), ...Object.values(one?.limits ?? {})])
    .every((text) => tryParseQuantity(text) !== undefined);
}
