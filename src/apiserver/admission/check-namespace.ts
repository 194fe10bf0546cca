/**
 * Objects are made only in namespaces that are there and stay.
 * @see kubernetes/staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go
 */
import type { WatchCache } from '../cache/watch-cache.ts';
import { forbidden, notFound, StatusError } from '../errors/status-error.ts';
import type { AdmissionRequest } from '../registry/request-scope.ts';

const NAMESPACES = { group: '', plural: 'namespaces' };
/** A cluster without them is none. */
const IMMORTAL: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

/** @throws StatusError NotFound, Forbidden */
export function checkNamespace(
  cache: WatchCache,
  { operation, scope, name, subresource }: AdmissionRequest,
): void {
  if (operation === 'DELETE' && scope.resource.storedAs === 'namespaces' && IMMORTAL.has(name))
    throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
  if (operation !== 'CREATE' || scope.namespace === '' || subresource !== '') return;
  const namespace = cache.get(`/namespaces/${scope.namespace}`)?.object;
  if (namespace === undefined) throw notFound(NAMESPACES, scope.namespace);
  if (namespace.metadata?.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${scope.namespace} because it is being terminated`;
  const error = forbidden(scope.resource, name, why);
  throw new StatusError('Forbidden', error.message, {
    ...error.details,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${scope.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}
