/**
 * What a pod asks of its node, and how much it may take at most.
 * @see kubernetes/staging/src/k8s.io/component-helpers/resource/helpers.go
 */
import type { Container, ContainerStatus, Pod, PodSpec, ResourceRequirements } from './api/types.ts';
import type { Quantity } from './quantity.ts';
import { addResources, maxResources, parseResources, type ResourceAmounts } from './resource-list.ts';

export interface PodResourceOptions {
  /** Whether `spec.overhead` counts; it does unless told. */
  readonly overhead?: boolean;
  /** Whether pod-level resources replace the containers'; they do unless told. */
  readonly podLevel?: boolean;
  /**
   * Whether what the node has granted the containers counts as well as what they ask for now, as it must for a pod
   * that is being resized in place; it does not unless told.
   */
  readonly granted?: boolean;
}

/** What the containers ask for together, replaced by the pod's own requests where it has any, plus the overhead. */
export function podRequests(pod: Pod, options: PodResourceOptions = {}): ResourceAmounts {
  const { spec } = pod;
  if (spec === undefined) return new Map();
  const asked = options.granted === true ? grantedOrAsked(pod, spec) : aggregateContainerRequests(spec);
  const aggregate = replacedByPodLevel(spec, 'requests', asked, options);
  return options.overhead === false ? aggregate : addResources(aggregate, parseResources(spec.overhead));
}

/** As `podRequests`, of limits; the overhead counts only where there is a limit. */
export function podLimits(pod: Pod, options: PodResourceOptions = {}): ResourceAmounts {
  const { spec } = pod;
  if (spec === undefined) return new Map();
  const aggregate = replacedByPodLevel(spec, 'limits', aggregateContainerLimits(spec), options);
  if (options.overhead === false) return aggregate;
  const overhead = [...parseResources(spec.overhead)].filter(
    ([name]) => (aggregate.get(name)?.nano ?? 0n) > 0n,
  );
  return addResources(aggregate, new Map(overhead));
}

/** The largest of what all containers ask for, have been allotted, and have; what can never be granted is left out. */
function grantedOrAsked(pod: Pod, spec: PodSpec): ResourceAmounts {
  const { containerStatuses = [], initContainerStatuses = [], conditions = [] } = pod.status ?? {};
  const statuses = new Map([...containerStatuses, ...initContainerStatuses].map((one) => [one.name, one]));
  const sumOf = (choose: (status: ContainerStatus) => Record<string, string> | undefined): ResourceAmounts =>
    aggregateContainers(spec, (container) => {
      const status = statuses.get(container.name);
      return parseResources((status && choose(status)) ?? container.resources?.requests);
    });
  const granted = maxResources(
    sumOf((status) => status.allocatedResources),
    sumOf((status) => status.resources?.requests),
  );
  const infeasible = conditions.some(
    ({ type, status, reason }) => type === 'PodResizePending' && status === 'True' && reason === 'Infeasible',
  );
  return infeasible ? granted : maxResources(granted, aggregateContainerRequests(spec));
}

export function aggregateContainerRequests(spec: PodSpec): ResourceAmounts {
  return aggregateContainers(spec, (container) => parseResources(container.resources?.requests));
}

export function aggregateContainerLimits(spec: PodSpec): ResourceAmounts {
  return aggregateContainers(spec, (container) => parseResources(container.resources?.limits));
}

/** An init container that goes on running beside the app containers. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** The resources that a pod may have of its own. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/**
 * App containers and sidecars run together; an init container runs with those sidecars that stand before it.
 * The most that is ever needed at a time counts, for each resource by itself.
 */
function aggregateContainers(
  spec: PodSpec,
  resourcesOf: (container: Container) => ResourceAmounts,
): ResourceAmounts {
  let running: ResourceAmounts = new Map();
  for (const container of spec.containers) running = addResources(running, resourcesOf(container));
  let sidecars: ResourceAmounts = new Map();
  let starting: ResourceAmounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const withSidecars = addResources(resourcesOf(container), sidecars);
    if (isSidecar(container)) sidecars = withSidecars;
    starting = maxResources(starting, withSidecars);
  }
  return maxResources(addResources(running, sidecars), starting);
}

function replacedByPodLevel(
  spec: PodSpec,
  kind: keyof ResourceRequirements & ('requests' | 'limits'),
  aggregate: ResourceAmounts,
  options: PodResourceOptions,
): ResourceAmounts {
  if (options.podLevel === false) return aggregate;
  const result = new Map<string, Quantity>(aggregate);
  for (const [name, quantity] of parseResources(spec.resources?.[kind])) {
    if (isPodLevelResource(name)) result.set(name, quantity);
  }
  return result;
}
