/**
 * What a node may not write though it may write the object: it could give itself what is not its own.
 * @see kubernetes/plugin/pkg/admission/noderestriction/admission.go
 */
import { isDeepStrictEqual } from 'node:util';
import type { Node, Pod } from '../../model/api/types.ts';
import { names, nodeOf } from '../auth/node-authorizer.ts';
import { forbidden } from '../errors/status-error.ts';
import type { AdmissionRequest } from '../registry/request-scope.ts';
import { isMirrorPod, MIRROR_POD } from '../../model/mirror-pod.ts';

const RESERVED_LABELS = /^(?:[^/]*\.)?node-restriction\.kubernetes\.io\//;

type NodeWrite = Pick<
  AdmissionRequest,
  'operation' | 'scope' | 'name' | 'subresource' | 'object' | 'previous'
> & {
  readonly context: Pick<AdmissionRequest['context'], 'user'>;
};

/** Others than nodes pass. @throws StatusError Forbidden */
export function checkNodeRestriction(request: NodeWrite): void {
  const node = nodeOf(request.context.user);
  if (node === undefined) return;
  const { resource } = request.scope;
  const problem =
    resource.storedAs === 'pods'
      ? podProblem(node, request)
      : resource.storedAs === 'nodes'
        ? nodeProblem(node, request)
        : undefined;
  if (problem !== undefined) throw forbidden(resource, request.name, problem);
}

/** A pod on a node shows it all secrets that the pod names: only what shows none may a node make. */
function podProblem(node: string, { operation, subresource, object }: NodeWrite): string | undefined {
  if (operation !== 'CREATE' || subresource !== '') return undefined;
  const pod = object as Pod;
  const self = JSON.stringify(node);
  if (!isMirrorPod(pod))
    return `pod does not have "${MIRROR_POD}" annotation, node ${self} can only create mirror pods`;
  if (pod.spec?.nodeName !== node)
    return `node ${self} can only create pods with spec.nodeName set to itself`;
  if (pod.spec.serviceAccountName) return `node ${self} can not create pods that reference a service account`;
  const kinds = { secret: 'secrets', configMap: 'configmaps', claim: 'persistentvolumeclaims' } as const;
  for (const [kind, plural] of Object.entries(kinds)) {
    if (names(pod, kind as keyof typeof kinds).size > 0)
      return `node ${self} can not create pods that reference ${plural}`;
  }
  const tokens = (pod.spec.volumes ?? []).some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  );
  return tokens ? `node ${self} can not create pods that reference service account tokens` : undefined;
}

function nodeProblem(node: string, { name, object, previous }: NodeWrite): string | undefined {
  const self = JSON.stringify(node);
  const wanted = object as Node | undefined;
  const target = name === '' ? (wanted?.metadata?.name ?? '') : name;
  if (target !== node) return `node ${self} is not allowed to modify node ${JSON.stringify(target)}`;
  if (wanted === undefined) return undefined;
  const before = previous as Node | undefined;
  const changed = changedKeys(wanted.metadata?.labels, before?.metadata?.labels).filter((key) =>
    RESERVED_LABELS.test(key),
  );
  if (changed.length > 0) return `is not allowed to modify labels: ${changed.toSorted().join(', ')}`;
  if (before !== undefined && !isDeepStrictEqual(wanted.spec?.taints, before.spec?.taints))
    return `node ${self} is not allowed to modify taints`;
  return undefined;
}

function changedKeys(a: Record<string, string> = {}, b: Record<string, string> = {}): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
}
