import type { ContainerConfig, IdMapping, ImageConfig, NamespaceOptions } from '../../pod-runtime.ts';
import { capabilitySets, grantedCapabilities } from './capabilities.ts';
import type { ContainerUser } from './container-user.ts';
import { type DeviceNode, deviceRules, ociDevices } from './devices.ts';
import { MASKED_PATHS, READONLY_PATHS } from './masked-paths.ts';
import { containerMounts, type ResolvedMount } from './mounts.ts';
import { containerNamespaces } from './namespaces.ts';
import type { OciIdMapping, OciLinux, OciProcess, OciSeccomp, OciSpec } from './oci-spec.ts';
import { permittedOomScore } from './oom-score.ts';
import { processArgs, processCwd, processEnv } from './process.ts';
import { ociResources } from './resources.ts';
import { defaultRlimits } from './rlimits.ts';
import { defaultSeccomp } from './seccomp-default.ts';

/** All that a container's specification is made of. */
export interface SpecFacts {
  containerId: string;
  config: ContainerConfig;
  image: ImageConfig;
  user: ContainerUser;
  rootfs: string;
  sandbox: {
    infraPid: number;
    namespaces: NamespaceOptions;
    cgroupsPath: string;
    hostname: string;
    shmPath: string | undefined;
    resolvConfPath: string | undefined;
    hostnamePath: string | undefined;
  };
  /** The first process of the container whose processes this one shall see. */
  targetPid: number | undefined;
  mounts: readonly ResolvedMount[];
  devices: readonly DeviceNode[];
  /** The node's profile, when the manifest asks for one of type `Localhost`. */
  localhostSeccomp: OciSeccomp | undefined;
  /** By the kernel's name for it. */
  appArmorProfile: string | undefined;
  host: HostFacts;
}

export interface HostFacts {
  ociVersion: string;
  arch: 'x64' | 'arm64';
  cgroupMode: 'v1' | 'v2';
  /** Our own bounding set. */
  capabilities: ReadonlySet<string>;
  hardNofile: number;
  oomScoreAdj: number;
}

/**
 * The OCI specification of one container. Annotations stay empty: some runtimes take orders from them (systemd properties, hooks), and
 * manifests and images must not give any.
 */
export function buildSpec(facts: SpecFacts): OciSpec {
  const security = facts.config.linux.securityContext;
  const capabilities = grantedCapabilities(
    {
      privileged: security.privileged === true,
      add: security.addCapabilities ?? [],
      drop: security.dropCapabilities ?? [],
      ambient: security.addAmbientCapabilities ?? [],
    },
    facts.host.capabilities,
  );
  return {
    ociVersion: facts.host.ociVersion,
    process: ociProcess(facts, capabilities),
    root: { path: facts.rootfs, readonly: security.readonlyRootfs === true },
    mounts: containerMounts({
      ...facts.sandbox,
      privileged: security.privileged === true,
      readonlyRootfs: security.readonlyRootfs === true,
      mounts: facts.mounts,
      bindSysfs: facts.sandbox.namespaces.userns !== undefined && facts.sandbox.namespaces.network === 'NODE',
    }),
    annotations: {},
    linux: ociLinux(facts, capabilities),
  };
}

function ociProcess(facts: SpecFacts, capabilities: readonly string[]): OciProcess {
  const { config, image, user, host } = facts;
  const security = config.linux.securityContext;
  const process: OciProcess = {
    terminal: config.tty,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.supplementalGroups },
    args: processArgs(config, image),
    env: processEnv(config, image.env, { hostname: facts.sandbox.hostname, home: user.home }),
    cwd: processCwd(config.workingDir, image.workingDir),
    capabilities: capabilitySets(capabilities, security.addAmbientCapabilities),
    rlimits: defaultRlimits(host.hardNofile),
    noNewPrivileges: security.noNewPrivs === true,
  };
  const oomScoreAdj = permittedOomScore(config.linux.resources.oomScoreAdj, {
    oomScoreAdj: host.oomScoreAdj,
    maySetAny: host.capabilities.has('CAP_SYS_RESOURCE'),
  });
  if (oomScoreAdj !== undefined) process.oomScoreAdj = oomScoreAdj;
  if (facts.appArmorProfile !== undefined) process.apparmorProfile = facts.appArmorProfile;
  return process;
}

function ociLinux(facts: SpecFacts, capabilities: readonly string[]): OciLinux {
  const { config, sandbox, host } = facts;
  const security = config.linux.securityContext;
  const privileged = security.privileged === true;
  const namespaces = security.namespaces ?? sandbox.namespaces;
  const ids = idMappings(sandbox.namespaces).idMappings;
  const linux: OciLinux = {
    namespaces: containerNamespaces({
      infraPid: sandbox.infraPid,
      options: { ...namespaces, ...(sandbox.namespaces.userns ? { userns: sandbox.namespaces.userns } : {}) },
      targetPid: facts.targetPid,
      privileged,
      cgroupMode: host.cgroupMode,
    }),
    devices: ociDevices(facts.devices),
    cgroupsPath: sandbox.cgroupsPath,
    resources: {
      ...ociResources(config.linux.resources, host.cgroupMode),
      devices: deviceRules(facts.devices, privileged),
    },
    maskedPaths: privileged ? [] : [...(security.maskedPaths ?? MASKED_PATHS)],
    readonlyPaths: privileged ? [] : [...(security.readonlyPaths ?? READONLY_PATHS)],
  };
  if (ids) {
    linux.uidMappings = ids.uids;
    linux.gidMappings = ids.gids;
  }
  const seccomp = seccompProfile(facts, capabilities);
  if (seccomp) linux.seccomp = seccomp;
  const propagation = rootPropagation(facts.mounts);
  if (propagation) linux.rootfsPropagation = propagation;
  return linux;
}

/** A privileged container is not filtered, whatever it says, as in Kubernetes. */
function seccompProfile(facts: SpecFacts, capabilities: readonly string[]): OciSeccomp | undefined {
  const security = facts.config.linux.securityContext;
  if (security.privileged || !security.seccomp || security.seccomp.type === 'Unconfined') return undefined;
  if (security.seccomp.type === 'Localhost') return facts.localhostSeccomp;
  return defaultSeccomp(facts.host.arch, new Set(capabilities));
}

/** The root has to let through what its mounts shall let through. */
function rootPropagation(mounts: readonly ResolvedMount[]): OciLinux['rootfsPropagation'] {
  if (mounts.some((mount) => mount.propagation === 'BIDIRECTIONAL')) return 'shared';
  if (mounts.some((mount) => mount.propagation === 'HOST_TO_CONTAINER')) return 'slave';
  return undefined;
}

function idMappings(namespaces: NamespaceOptions): {
  idMappings?: { uids: OciIdMapping[]; gids: OciIdMapping[] };
} {
  if (!namespaces.userns) return {};
  return {
    idMappings: {
      uids: namespaces.userns.uids.map(ociMapping),
      gids: namespaces.userns.gids.map(ociMapping),
    },
  };
}

function ociMapping({ containerId, hostId, length }: IdMapping): OciIdMapping {
  return { containerID: containerId, hostID: hostId, size: length };
}
