/**
 * What a pod asks of its node, and how much it may take at most.
 * @see kubernetes/staging/src/k8s.io/component-helpers/resource/helpers.go
 */
import type { Container, Pod, PodSpec, ResourceRequirements } from './api/types.ts';
import type { Quantity } from './quantity.ts';
import { addResources, maxResources, parseResources, type ResourceAmounts } from './resource-list.ts';

export interface PodResourceOptions {
  /** Whether `spec.overhead` counts; it does unless told. */
  readonly overhead?: boolean;
  /** Whether pod-level resources replace the containers'; they do unless told. */
  readonly podLevel?: boolean;
}

/** What the containers ask for together, replaced by the pod's own requests where it has any, plus the overhead. */
export function podRequests(pod: Pod, options: PodResourceOptions = {}): ResourceAmounts {
  const { spec } = pod;
  if (spec === undefined) return new Map();
  const aggregate = replacedByPodLevel(spec, 'requests', aggregateContainerRequests(spec), options);
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
