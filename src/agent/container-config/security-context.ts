/** @see kubernetes/pkg/kubelet/kuberuntime/security_context.go and pkg/securitycontext/util.go */
import type { Container, EphemeralContainer, Pod, PodSpec, SecurityContext } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import type {
  IdMapping,
  LinuxSecurityContext,
  NamespaceOptions,
  SecurityProfile,
} from '../../runtime/pod-runtime.ts';
import { describePodIdentity } from '../pod-identity.ts';

export interface SecurityFacts {
  /** The user that the image names: `user`, `1000`, `user:group`. */
  imageUser: string;
  namespaces: NamespaceOptions;
  seccompProfilePath: (name: string) => string;
}

/**
 * What the pod and the container say together; the container's word wins.
 * @throws PeapodError CreateContainerConfigError when `runAsNonRoot` is not kept
 */
export function containerSecurityContext(
  pod: Pod,
  container: Container | EphemeralContainer,
  facts: SecurityFacts,
): LinuxSecurityContext {
  const ofPod = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? ofPod.runAsUser;
  const runAsGroup = own.runAsGroup ?? ofPod.runAsGroup;
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot) refuseRoot(pod, container, runAsUser, facts.imageUser);
  return {
    privileged: own.privileged === true,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    namespaces: facts.namespaces,
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    supplementalGroups: podGroups(pod.spec),
    supplementalGroupsPolicy: ofPod.supplementalGroupsPolicy === 'Strict' ? 'Strict' : 'Merge',
    noNewPrivs: own.allowPrivilegeEscalation === false,
    ...(own.procMount === 'Unmasked' ? { maskedPaths: [], readonlyPaths: [] } : {}),
    seccomp: seccompProfile(pod.spec, own, facts.seccompProfilePath),
    ...appArmorProfile(pod.spec, own),
  };
}

/** The infra container's: no more than it needs. */
export function sandboxSecurityContext(
  pod: Pod,
  namespaces: NamespaceOptions,
  seccompProfilePath: (name: string) => string,
): LinuxSecurityContext {
  const { runAsUser, runAsGroup } = pod.spec?.securityContext ?? {};
  return {
    namespaces,
    privileged: allContainers(pod.spec).some(({ securityContext }) => securityContext?.privileged === true),
    readonlyRootfs: true,
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    supplementalGroups: podGroups(pod.spec),
    seccomp: seccompProfile(pod.spec, {}, seccompProfilePath),
  };
}

export interface NamespaceFacts {
  /** The container whose processes an ephemeral one shall see. */
  targetId?: string;
  userns?: { uids: IdMapping[]; gids: IdMapping[] };
}

export function podNamespaces(spec: PodSpec | undefined, facts: NamespaceFacts = {}): NamespaceOptions {
  const shared = spec?.hostPID === true ? 'NODE' : spec?.shareProcessNamespace === true ? 'POD' : 'CONTAINER';
  return {
    network: spec?.hostNetwork === true ? 'NODE' : 'POD',
    ipc: spec?.hostIPC === true ? 'NODE' : 'POD',
    ...(facts.targetId === undefined || shared !== 'CONTAINER'
      ? { pid: shared }
      : { pid: 'TARGET', targetId: facts.targetId }),
    ...(facts.userns === undefined ? {} : { userns: facts.userns }),
  };
}

function refuseRoot(
  pod: Pod,
  container: Container | EphemeralContainer,
  runAsUser: number | undefined,
  imageUser: string,
): void {
  const where = `(pod: "${describePodIdentity(pod)}", container: ${container.name})`;
  if (runAsUser === 0) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `container's runAsUser breaks non-root policy ${where}`,
      { hint: 'set securityContext.runAsUser to another number than 0' },
    );
  }
  if (runAsUser !== undefined) return;
  const [user = ''] = imageUser.split(':', 1);
  if (user === '' || /^0+$/.test(user)) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `container has runAsNonRoot and image will run as root ${where}`,
      { hint: 'set securityContext.runAsUser' },
    );
  }
  if (!/^\d+$/.test(user)) {
    throw new PeapodError(
      'CreateContainerConfigError',
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`,
      { hint: 'set securityContext.runAsUser' },
    );
  }
}

function podGroups(spec: PodSpec | undefined): number[] {
  const { supplementalGroups = [], fsGroup } = spec?.securityContext ?? {};
  return fsGroup === undefined ? [...supplementalGroups] : [...supplementalGroups, fsGroup];
}

function seccompProfile(
  spec: PodSpec | undefined,
  own: SecurityContext,
  pathOf: (name: string) => string,
): SecurityProfile {
  if (own.privileged === true) return { type: 'Unconfined' };
  const profile = own.seccompProfile ?? spec?.securityContext?.seccompProfile;
  switch (profile?.type) {
    case 'Unconfined':
      return { type: 'Unconfined' };
    case 'Localhost':
      return { type: 'Localhost', localhostRef: pathOf(profile.localhostProfile ?? '') };
    default:
      // Safe when nothing is said: what Kubernetes calls SeccompDefault.
      return { type: 'RuntimeDefault' };
  }
}

/** Without a word on it there is none: a default that the host may not have is asked for by those who want it. */
function appArmorProfile(
  spec: PodSpec | undefined,
  own: SecurityContext,
): Pick<LinuxSecurityContext, 'apparmor'> {
  const profile = own.appArmorProfile ?? spec?.securityContext?.appArmorProfile;
  if (profile === undefined || own.privileged === true) return {};
  if (profile.type === 'Localhost')
    return { apparmor: { type: 'Localhost', localhostRef: profile.localhostProfile ?? '' } };
  return { apparmor: { type: profile.type === 'Unconfined' ? 'Unconfined' : 'RuntimeDefault' } };
}

function allContainers(spec: PodSpec | undefined): (Container | EphemeralContainer)[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])];
}
