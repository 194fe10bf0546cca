import type { Pod } from '../../model/api/types.ts';
import { badRequest } from '../errors/status-error.ts';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/**
 * The container that is meant: the named one, or the only one.
 * @throws StatusError BadRequest
 */
export function containerOf(pod: Pod, wanted: string): string {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const podName = pod.metadata?.name ?? '';
  const all = [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name);
  if (wanted !== '') {
    if (all.includes(wanted)) return wanted;
    throw badRequest(`container ${wanted} is not valid for pod ${podName}`);
  }
  const marked = pod.metadata?.annotations?.[DEFAULT_CONTAINER];
  if (marked !== undefined && all.includes(marked)) return marked;
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only.name;
  const choose = `choose one of: [${containers.map(({ name }) => name).join(' ')}]`;
  const init =
    initContainers.length === 0
      ? ''
      : ` or one of the init containers: [${initContainers.map(({ name }) => name).join(' ')}]`;
  throw badRequest(`a container name must be specified for pod ${podName}, ${choose}${init}`);
}
