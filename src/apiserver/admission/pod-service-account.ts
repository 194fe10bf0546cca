/** @see kubernetes/plugin/pkg/admission/serviceaccount/admission.go */
import { copyPlain } from '../../model/copy-plain.ts';
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../../model/api/types.ts';
import { forbidden } from '../errors/status-error.ts';

const PODS = { group: '', plural: 'pods' };
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** Longer than an hour, so that a token which is renewed in time never runs out. */
const TOKEN_SECONDS = 3607;
const MODE = 0o644;
export const MIRROR_POD = 'kubernetes.io/config.mirror';

/** The account that a new pod runs as. */
export function serviceAccountNameOf({ spec }: Pod): string {
  return spec?.serviceAccountName || spec?.serviceAccount || 'default';
}

/**
 * A copy of a new pod that names its account, and finds a token for the API in each container unless it is told off.
 * @param account the one that `serviceAccountNameOf` names; nothing when there is none
 * @param nameSuffix five random letters
 * @throws StatusError Forbidden when there is no such account
 */
export function withServiceAccount(pod: Pod, account: ServiceAccount | undefined, nameSuffix: string): Pod {
  // It only shows what a node runs by itself: it acts for nobody.
  if (pod.metadata?.annotations?.[MIRROR_POD] !== undefined) return pod;
  const name = serviceAccountNameOf(pod);
  const { namespace = 'default' } = pod.metadata ?? {};
  if (account === undefined) {
    const why = `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`;
    throw forbidden(PODS, pod.metadata?.name ?? '', why);
  }
  const spec: PodSpec = {
    ...(pod.spec ?? { containers: [] }),
    serviceAccountName: name,
    serviceAccount: name,
  };
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0)
    spec.imagePullSecrets = copyPlain(account.imagePullSecrets ?? []);
  const wanted = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  return { ...pod, spec: wanted ? withToken(spec, nameSuffix) : spec };
}

function withToken(spec: PodSpec, nameSuffix: string): PodSpec {
  const present = spec.volumes?.find(({ name }) => name.startsWith(VOLUME_PREFIX));
  const name = present?.name ?? `${VOLUME_PREFIX}${nameSuffix}`;
  const mounted = (container: Container) => withMount(container, name);
  const next: PodSpec = {
    ...spec,
    containers: spec.containers.map(mounted),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(mounted) }),
  };
  const isUsed = [...next.containers, ...(next.initContainers ?? [])].some((container) =>
    container.volumeMounts?.some((mount) => mount.name === name),
  );
  if (present === undefined && isUsed) next.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
  return next;
}

function withMount(container: Container, name: string): Container {
  const mounts = container.volumeMounts ?? [];
  if (mounts.some(({ mountPath }) => mountPath === MOUNT_PATH)) return container;
  return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }] };
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: MODE,
      sources: [
        { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
    },
  };
}
