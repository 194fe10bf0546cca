import type {
  LimitRange,
  PersistentVolumeClaim,
  PriorityClass,
  StorageClass,
} from '../../model/api/types.ts';
import type { ApiObject } from '../api-object.ts';
import type { AdmissionRequest, Scope } from '../registry/request-scope.ts';
import { admitNewPod } from './admit-new-pod.ts';
import { checkClaimLimits } from './check-limit-ranges.ts';
import { withDefaultStorageClass } from './default-storage-class.ts';
import { serviceAccountNameOf } from './pod-service-account.ts';

/** The objects that are there; the watch cache is one. */
export interface PresentObjects {
  get(key: string): { readonly object: ApiObject } | undefined;
  list(folder: string, prefix: string): readonly { readonly object: ApiObject }[];
}

/**
 * Gives a new pod or claim, in place, what its namespace and the cluster give it.
 * @param nameSuffix five random letters
 * @throws StatusError Forbidden when they do not take it
 */
export function admitObject(
  present: PresentObjects,
  {
    operation,
    scope,
    subresource,
    object,
  }: Pick<AdmissionRequest, 'operation' | 'scope' | 'subresource' | 'object'>,
  nameSuffix: string,
): void {
  if (operation !== 'CREATE' || subresource !== '' || object === undefined) return;
  const { namespace, resource } = scope;
  const all = <T>(folder: string, prefix = `/${folder}/`) =>
    present.list(folder, prefix).map((one) => one.object as unknown as T);
  if (resource.storedAs === 'pods') {
    const account = accountOf(present, namespace, object)?.object;
    const pod = admitNewPod(object, {
      limitRanges: all<LimitRange>('limitranges', `/limitranges/${namespace}/`),
      priorityClasses: all<PriorityClass>('priorityclasses.scheduling.k8s.io'),
      serviceAccount: account,
      nameSuffix,
    });
    Object.assign(object, pod);
  } else if (resource.storedAs === 'persistentvolumeclaims') {
    const classes = all<StorageClass>('storageclasses.storage.k8s.io');
    Object.assign(object, withDefaultStorageClass(object as PersistentVolumeClaim, classes));
    checkClaimLimits(object, all<LimitRange>('limitranges', `/limitranges/${namespace}/`));
  }
  protectInUse(object, resource.storedAs);
}

/**
 * All that `admitObject` looks at for a new pod beside itself: as long as each of them is the same, it comes to the same, but for the suffix.
 */
export function surroundingsOf(
  present: PresentObjects,
  { namespace, resource }: Pick<Scope, 'namespace' | 'resource'>,
  object: ApiObject,
): readonly unknown[] {
  if (resource.storedAs !== 'pods') return [];
  return [
    present.list('limitranges', `/limitranges/${namespace}/`),
    present.list('priorityclasses.scheduling.k8s.io', '/priorityclasses.scheduling.k8s.io/'),
    accountOf(present, namespace, object),
  ];
}

function accountOf(present: PresentObjects, namespace: string, pod: ApiObject) {
  return present.get(`/serviceaccounts/${namespace}/${serviceAccountNameOf(pod)}`);
}

/**
 * What holds data goes only when nobody uses it.
 * @see kubernetes/plugin/pkg/admission/storage/storageobjectinuseprotection/admission.go
 */
const PROTECTED: Partial<Record<string, string>> = {
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  persistentvolumes: 'kubernetes.io/pv-protection',
};

function protectInUse(object: ApiObject, storedAs: string): void {
  const finalizer = PROTECTED[storedAs];
  const { finalizers = [] } = object.metadata ?? {};
  if (finalizer === undefined || finalizers.includes(finalizer)) return;
  object.metadata = { ...object.metadata, finalizers: [...finalizers, finalizer] };
}
