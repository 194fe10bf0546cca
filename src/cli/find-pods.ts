import type { DirectoryClient } from '../client/directory/directory-client.ts';
import type { Container, ContainerStatus, EphemeralContainer, Pod } from '../model/api/types.ts';
import { PeapodError } from '../model/errors.ts';

/** The pod called `name`, `pod/name`, or the start of whose uid this is (8 characters or more). */
export async function findPod(client: DirectoryClient, namespace: string, reference: string): Promise<Pod> {
  const name = reference.replace(/^(pods?|po)\//, '');
  const pods = await client.listPods();
  const found =
    pods.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === name) ??
    pods.find(({ metadata }) => name.length >= 8 && metadata?.uid?.startsWith(name));
  if (found === undefined)
    throw new PeapodError('NotFound', `pods "${name}" not found`, { hint: 'peapod ps' });
  return found;
}

/** The pods named, or with `all` every one. */
export async function findPods(
  client: DirectoryClient,
  references: readonly string[],
  options: { namespace: string; all?: boolean },
): Promise<Pod[]> {
  if (options.all === true) return client.listPods();
  if (references.length === 0) throw new PeapodError('Invalid', 'name at least one pod, or say --all');
  return Promise.all(references.map((reference) => findPod(client, options.namespace, reference)));
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
