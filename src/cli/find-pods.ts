import type { Container, ContainerStatus, EphemeralContainer, Pod } from '../model/api/types.ts';
import { PeapodError } from '../model/errors.ts';
import type { PodSource, PodSources } from './engine/pod-source.ts';

/** A pod, and where it is known. */
export interface FoundPod {
  readonly pod: Pod;
  readonly source: PodSource;
}

/** Every pod of this machine, the server's first. */
export async function allPods({ all }: PodSources): Promise<FoundPod[]> {
  const lists = all.map(async (source) => (await source.client.listPods()).map((pod) => ({ pod, source })));
  return (await Promise.all(lists)).flat();
}

/** The pod called `name`, `pod/name`, or the start of whose uid this is (8 characters or more). */
export async function findPod(sources: PodSources, namespace: string, reference: string): Promise<FoundPod> {
  const name = reference.replace(/^(pods?|po)\//, '');
  const pods = await allPods(sources);
  const found =
    pods.find(({ pod: { metadata } }) => metadata?.namespace === namespace && metadata.name === name) ??
    pods.find(({ pod: { metadata } }) => name.length >= 8 && metadata?.uid?.startsWith(name));
  if (found === undefined)
    throw new PeapodError('NotFound', `pods "${name}" not found`, { hint: 'peapod ps' });
  return found;
}

/** The pods named, or with `all` every one. */
export async function findPods(
  sources: PodSources,
  references: readonly string[],
  options: { namespace: string; all?: boolean },
): Promise<FoundPod[]> {
  if (options.all === true) return allPods(sources);
  if (references.length === 0) throw new PeapodError('Invalid', 'name at least one pod, or say --all');
  return Promise.all(references.map((reference) => findPod(sources, options.namespace, reference)));
}

export function containersOf(pod: Pod): (Container | EphemeralContainer)[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [...initContainers, ...containers, ...ephemeralContainers];
}

export function containerStatuses(pod: Pod): ContainerStatus[] {
  const {
    initContainerStatuses = [],
    containerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
}

/** The container called `name`, else the one that `kubectl.kubernetes.io/default-container` says, else the first. */
export function chooseContainer(pod: Pod, name: string | undefined): string {
  const wanted = name ?? pod.metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
  const chosen = wanted ?? pod.spec?.containers[0]?.name ?? '';
  if (!containersOf(pod).some((container) => container.name === chosen)) {
    const names = containersOf(pod).map((container) => container.name);
    throw new PeapodError(
      'NotFound',
      `container ${chosen} is not valid for pod ${pod.metadata?.name}: it has ${names.join(', ')}`,
    );
  }
  return chosen;
}

/** The runtime's id of a container that has one. */
export function containerId(pod: Pod, name: string): string {
  const id = containerStatuses(pod)
    .find((status) => status.name === name)
    ?.containerID?.replace(/^[a-z]+:\/\//, '');
  if (id === undefined || id === '') {
    throw new PeapodError(
      'FailedPrecondition',
      `container "${name}" of pod "${pod.metadata?.name}" has not been started`,
    );
  }
  return id;
}
