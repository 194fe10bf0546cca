/**
 * A node's agent reads and writes only what concerns its own pods.
 * @see kubernetes/plugin/pkg/auth/authorizer/node/node_authorizer.go
 */
import type { Pod } from '../../model/api/types.ts';
import type { AccessDecision, AccessRequest, Authorizer } from '../user-info.ts';

const USER_PREFIX = 'system:node:';
const GROUP = 'system:nodes';

export interface NodeObjects {
  /** The pods that are bound to a node. */
  readonly podsOn: (node: string) => readonly Pod[];
  /** The volume that a claim is bound to. */
  readonly volumeOf: (namespace: string, claim: string) => string | undefined;
}

/** The node that a user is the agent of. */
export function nodeOf(user: AccessRequest['user']): string | undefined {
  const isNode = user.groups.includes(GROUP) && user.name.startsWith(USER_PREFIX);
  return isNode ? user.name.slice(USER_PREFIX.length) : undefined;
}

const READ: readonly string[] = ['get', 'list', 'watch'];

/** Decides for nodes; others are denied, so it is to be asked before RBAC. */
export function createNodeAuthorizer(objects: NodeObjects): Authorizer {
  return {
    authorize: (request): AccessDecision => {
      const node = nodeOf(request.user);
      if (node === undefined) return { allowed: false, reason: 'not a node' };
      const problem = problemOf(objects, node, request);
      return problem === undefined ? { allowed: true, reason: '' } : { allowed: false, reason: problem };
    },
  };
}

/** Why a node may not; nothing: it may. */
function problemOf(
  objects: NodeObjects,
  node: string,
  { verb, resource, path }: AccessRequest,
): string | undefined {
  if (resource === undefined) {
    const isOpen =
      verb === 'get' && /^\/(?:api|apis|openapi|version|healthz|livez|readyz)(?:\/|$)/.test(path ?? '');
    return isOpen ? undefined : 'nodes read discovery, version and health only';
  }
  const { resource: plural, group, name = '', namespace = '', subresource = '' } = resource;
  const isRead = READ.includes(verb);
  switch (`${group}/${plural}`) {
    case '/pods':
      return podProblem(objects, node, verb, resource);
    case '/nodes': {
      if (verb === 'create' && subresource === '') return undefined;
      if (isRead && name === '') return undefined;
      return name === node
        ? undefined
        : `node ${JSON.stringify(node)} can only use itself, not node ${JSON.stringify(name)}`;
    }
    case '/configmaps':
    case '/secrets': {
      const one = name === '' ? nameInSelector(resource.fieldSelector) : name;
      if (!isRead || one === '') return `nodes only read ${plural} that their pods name`;
      const kind = plural === 'secrets' ? 'secret' : 'configMap';
      return objects
        .podsOn(node)
        .some((pod) => pod.metadata?.namespace === namespace && names(pod, kind).has(one))
        ? undefined
        : `no relationship found between node ${JSON.stringify(node)} and this object`;
    }
    case '/persistentvolumeclaims': {
      if (verb !== 'get') return 'nodes only get claims that their pods name';
      return objects
        .podsOn(node)
        .some((pod) => pod.metadata?.namespace === namespace && names(pod, 'claim').has(name))
        ? undefined
        : `no relationship found between node ${JSON.stringify(node)} and this object`;
    }
    case '/persistentvolumes': {
      if (verb !== 'get') return 'nodes only get volumes that their pods use';
      return objects.podsOn(node).some((pod) => volumesOf(objects, pod).has(name))
        ? undefined
        : `no relationship found between node ${JSON.stringify(node)} and this object`;
    }
    case '/serviceaccounts': {
      if (verb !== 'create' || subresource !== 'token') return 'nodes only create tokens of service accounts';
      return objects
        .podsOn(node)
        .some(
          ({ metadata, spec }) =>
            metadata?.namespace === namespace && (spec?.serviceAccountName ?? 'default') === name,
        )
        ? undefined
        : `no relationship found between node ${JSON.stringify(node)} and this object`;
    }
    case '/events':
    case 'events.k8s.io/events':
      return ['create', 'patch', 'update'].includes(verb) ? undefined : 'nodes only write events';
    case 'coordination.k8s.io/leases':
      if (namespace !== 'kube-node-lease') return 'nodes only use leases in kube-node-lease';
      return verb === 'create' || name === node ? undefined : 'nodes only use their own lease';
    case '/services':
    case '/namespaces':
    case 'node.k8s.io/runtimeclasses':
    case 'storage.k8s.io/storageclasses':
      return isRead ? undefined : `nodes only read ${plural}`;
    case 'authentication.k8s.io/tokenreviews':
    case 'authorization.k8s.io/subjectaccessreviews':
      return verb === 'create' ? undefined : 'nodes only create reviews';
    default:
      return `nodes have no use for ${plural}`;
  }
}

function podProblem(
  objects: NodeObjects,
  node: string,
  verb: string,
  { name = '', namespace = '', subresource = '', fieldSelector = '' }: NonNullable<AccessRequest['resource']>,
): string | undefined {
  if (name === '' && (verb === 'list' || verb === 'watch')) {
    const own = fieldSelector
      .split(',')
      .some((term) => /^spec\.nodeName==?/.test(term) && term.endsWith(`=${node}`));
    return own ? undefined : `can only list/watch pods with spec.nodeName field selector`;
  }
  if (verb === 'create' && subresource === '') return undefined;
  const isOwn = objects
    .podsOn(node)
    .some(({ metadata }) => metadata?.namespace === namespace && metadata.name === name);
  const mayWrite =
    subresource === 'status' || subresource === 'eviction' || (verb === 'delete' && subresource === '');
  if (READ.includes(verb) && subresource === '') return isOwn ? undefined : 'the pod is not on this node';
  if (!mayWrite) return 'nodes only write the status of pods, evict and delete them';
  return isOwn ? undefined : 'the pod is not on this node';
}

function nameInSelector(fieldSelector = ''): string {
  const [, name = ''] = /(?:^|,)metadata\.name==?([^,]+)/.exec(fieldSelector) ?? [];
  return name;
}

/** What a pod names, by kind. */
export function names({ spec }: Pod, kind: 'secret' | 'configMap' | 'claim'): Set<string> {
  const found: (string | undefined)[] = [];
  const {
    volumes = [],
    initContainers = [],
    containers = [],
    ephemeralContainers = [],
    imagePullSecrets = [],
  } = spec ?? {};
  if (kind === 'claim') found.push(...volumes.map((volume) => volume.persistentVolumeClaim?.claimName));
  for (const { secret, configMap, projected } of kind === 'claim' ? [] : volumes) {
    found.push(kind === 'secret' ? secret?.secretName : configMap?.name);
    for (const source of projected?.sources ?? [])
      found.push(kind === 'secret' ? source.secret?.name : source.configMap?.name);
  }
  for (const { env = [], envFrom = [] } of kind === 'claim'
    ? []
    : [...initContainers, ...containers, ...ephemeralContainers]) {
    for (const { valueFrom } of env)
      found.push(kind === 'secret' ? valueFrom?.secretKeyRef?.name : valueFrom?.configMapKeyRef?.name);
    for (const source of envFrom)
      found.push(kind === 'secret' ? source.secretRef?.name : source.configMapRef?.name);
  }
  if (kind === 'secret') found.push(...imagePullSecrets.map(({ name }) => name));
  return new Set(found.filter((name) => name !== undefined));
}

function volumesOf(objects: NodeObjects, pod: Pod): Set<string> {
  const namespace = pod.metadata?.namespace ?? '';
  const volumes = [...names(pod, 'claim')].map((claim) => objects.volumeOf(namespace, claim));
  return new Set(volumes.filter((volume) => volume !== undefined));
}
