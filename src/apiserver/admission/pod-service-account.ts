/** @see kubernetes/plugin/pkg/admission/serviceaccount/admission.go */
import { copyPlain } from '../../model/copy-plain.ts';
import type { Container, Pod, PodSpec, ServiceAccount, Volume, VolumeMount } from '../../model/api/types.ts';
import { isMirrorPod } from '../../model/mirror-pod.ts';
import { knownValid } from '../../model/validation/known-valid.ts';
import { forbidden } from '../errors/status-error.ts';

const PODS = { group: '', plural: 'pods' };
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** Longer than an hour, so that a token which is renewed in time never runs out. */
const TOKEN_SECONDS = 3607;
const MODE = 0o644;

/** The account that a new pod runs as. */
export function serviceAccountNameOf({ spec }: Pod): string {
  return spec?.serviceAccountName || spec?.serviceAccount || 'default';
}

/**
 * A copy of a new pod that names its account, and finds a token for the API in each container unless it is told off.
 * @param account the one that `serviceAccountNameOf` names; nothing when there is none
 * @param nameSuffix five random letters; pods with the same share what is added
 * @throws StatusError Forbidden when there is no such account
 */
export function withServiceAccount(pod: Pod, account: ServiceAccount | undefined, nameSuffix: string): Pod {
  // It only shows what a node runs by itself: it acts for nobody.
  if (isMirrorPod(pod)) return pod;
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
  const token = tokenOf(present?.name ?? `${VOLUME_PREFIX}${nameSuffix}`);
  const { name } = token.volume;
  const mounted = (container: Container) => withMount(container, token);
  const next: PodSpec = {
    ...spec,
    containers: spec.containers.map(mounted),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(mounted) }),
  };
  const isUsed = [...next.containers, ...(next.initContainers ?? [])].some((container) =>
    container.volumeMounts?.some((mount) => mount.name === name),
  );
  if (present === undefined && isUsed)
    next.volumes = spec.volumes === undefined ? token.volumes : [...spec.volumes, token.volume];
  return next;
}

function withMount(container: Container, { mount, mounts }: Token): Container {
  const present = container.volumeMounts;
  if (present === undefined) return { ...container, volumeMounts: mounts };
  if (present.some(({ mountPath }) => mountPath === MOUNT_PATH)) return container;
  return { ...container, volumeMounts: [...present, mount] };
}

/** What is added for a token. */
interface Token {
  readonly volume: Volume;
  readonly volumes: Volume[];
  readonly mount: VolumeMount;
  readonly mounts: VolumeMount[];
}

/** Shared by the pods that have a volume of one name; which are most, since a server names it once. */
let lastToken: Token | undefined;

function tokenOf(name: string): Token {
  if (lastToken?.volume.name === name) return lastToken;
  const volume = knownValid(tokenVolume(name));
  const mount: VolumeMount = { name, readOnly: true, mountPath: MOUNT_PATH };
  lastToken = { volume, volumes: [volume], mount, mounts: [mount] };
  return lastToken;
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
