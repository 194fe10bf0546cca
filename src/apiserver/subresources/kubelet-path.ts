/**
 * Paths of the kubelet's own server that are about one pod, as they stand after `nodes/NAME/proxy`.
 * @see kubernetes/pkg/kubelet/server/server.go
 */
import type { Pod } from '../../model/api/types.ts';
import { noSuchResource, notFound } from '../errors/status-error.ts';
import type { Registry } from '../registry/registry.ts';
import { readStored } from '../registry/update-object.ts';

export interface KubeletPath {
  readonly verb: 'exec' | 'attach' | 'portForward' | 'containerLogs';
  readonly namespace: string;
  readonly pod: string;
  /** Nothing: whichever has the name. */
  readonly uid: string | undefined;
  /** Empty where none is meant. */
  readonly container: string;
}

/** Nothing for other paths. @throws URIError when it is no valid path */
export function readKubeletPath(path: string): KubeletPath | undefined {
  const [verb = '', ...parts] = path.split('/').slice(1).map(decodeURIComponent);
  const [namespace = '', pod = '', third, fourth] = parts;
  if (namespace === '' || pod === '') return undefined;
  const at = { namespace, pod };
  if (verb === 'portForward' && parts.length <= 3) return { verb, ...at, uid: third, container: '' };
  if (verb === 'containerLogs' && parts.length === 3)
    return { verb, ...at, uid: undefined, container: third ?? '' };
  if (verb !== 'exec' && verb !== 'attach') return undefined;
  if (parts.length === 3) return { verb, ...at, uid: undefined, container: third ?? '' };
  return parts.length === 4 ? { verb, ...at, uid: third, container: fourth ?? '' } : undefined;
}

/** The node that `nodes/NAME/proxy` means: NAME may have a scheme before and a port after it. */
export function nodeOfProxy(name: string): string {
  return /^(?:https?:)?([^:]+)(?::\d*)?$/.exec(name)?.[1] ?? name;
}

/** @throws StatusError NotFound when it is not there, or on another node */
export async function podOfKubelet(
  registry: Registry,
  node: string,
  { namespace, pod: name, uid }: KubeletPath,
): Promise<Pod> {
  const resource = registry.resources.find(({ group, plural }) => group === '' && plural === 'pods');
  if (resource === undefined) throw noSuchResource();
  const pod = (await readStored(registry, { resource, namespace }, name)) as Pod;
  const isMeant = pod.spec?.nodeName === node && (uid === undefined || uid === pod.metadata?.uid);
  if (!isMeant) throw notFound(resource, name);
  return pod;
}
