import type { MessageInitShape } from '@bufbuild/protobuf';
import { PeapodError } from '../../model/errors.ts';
import { MASKED_PATHS, READONLY_PATHS } from '../../runtime/container/spec/masked-paths.ts';
import type {
  IdMapping,
  LinuxContainerResources,
  LinuxSecurityContext,
  NamespaceOptions,
  PodSandboxConfig,
  SecurityProfile,
} from '../../runtime/pod-runtime.ts';
import {
  type LinuxContainerResourcesSchema,
  type LinuxContainerSecurityContextSchema,
  type LinuxSandboxSecurityContextSchema,
  NamespaceMode,
  type NamespaceOptionSchema,
  type PodSandboxConfigSchema,
  Protocol,
  SecurityProfile_ProfileType,
  SupplementalGroupsPolicy,
} from '../api/runtime_pb.ts';
import type { RuntimeAbilities } from './runtime-abilities.ts';

/** @throws PeapodError Unsupported for what the runtime cannot do, and would leave out without a word */
export function sandboxMessage(
  config: PodSandboxConfig,
  abilities: RuntimeAbilities,
): MessageInitShape<typeof PodSandboxConfigSchema> {
  const { linux } = config;
  return {
    metadata: config.metadata,
    hostname: config.hostname,
    logDirectory: config.logDirectory,
    ...(config.dns === undefined ? {} : { dnsConfig: config.dns }),
    portMappings: config.portMappings.map(({ protocol, ...mapping }) => ({
      ...mapping,
      protocol: Protocol[protocol],
    })),
    labels: config.labels,
    annotations: config.annotations,
    linux: {
      cgroupParent: linux.cgroupParent,
      sysctls: linux.sysctls,
      securityContext: sandboxSecurity({ ...linux.securityContext, namespaces: linux.namespaces }, abilities),
      ...(linux.overhead === undefined ? {} : { overhead: resourcesMessage(linux.overhead) }),
      ...(linux.resources === undefined ? {} : { resources: resourcesMessage(linux.resources) }),
    },
  };
}

/** What is absent here is not limited there: zero. */
export function resourcesMessage(
  resources: LinuxContainerResources,
): MessageInitShape<typeof LinuxContainerResourcesSchema> {
  const integer = (value: number | undefined) => BigInt(Math.trunc(value ?? 0));
  return {
    cpuPeriod: integer(resources.cpuPeriodUs),
    cpuQuota: integer(resources.cpuQuotaUs),
    cpuShares: integer(resources.cpuShares),
    memoryLimitInBytes: integer(resources.memoryLimitBytes),
    memorySwapLimitInBytes: integer(resources.memorySwapLimitBytes),
    oomScoreAdj: integer(resources.oomScoreAdj),
    cpusetCpus: resources.cpusetCpus ?? '',
    cpusetMems: resources.cpusetMems ?? '',
    hugepageLimits: (resources.hugepageLimits ?? []).map(({ pageSize, limitBytes }) => ({
      pageSize: pageSize.replace(/^(\d+)([KMG])i$/, '$1$2B'),
      limit: BigInt(limitBytes),
    })),
    unified: resources.unified ?? {},
  };
}

export function securityMessage(
  security: LinuxSecurityContext,
  abilities: RuntimeAbilities,
): MessageInitShape<typeof LinuxContainerSecurityContextSchema> {
  return {
    ...commonSecurity(security, abilities),
    capabilities: {
      addCapabilities: security.addCapabilities ?? [],
      dropCapabilities: security.dropCapabilities ?? [],
      addAmbientCapabilities: security.addAmbientCapabilities ?? [],
    },
    runAsUsername: security.runAsUsername ?? '',
    noNewPrivs: security.noNewPrivs === true,
    // Over CRI nothing said is nothing hidden.
    maskedPaths: [...(security.maskedPaths ?? MASKED_PATHS)],
    readonlyPaths: [...(security.readonlyPaths ?? READONLY_PATHS)],
  };
}

function sandboxSecurity(
  security: LinuxSecurityContext,
  abilities: RuntimeAbilities,
): MessageInitShape<typeof LinuxSandboxSecurityContextSchema> {
  return commonSecurity(security, abilities);
}

function commonSecurity(security: LinuxSecurityContext, abilities: RuntimeAbilities) {
  if (security.supplementalGroupsPolicy === 'Strict')
    abilities.demand('supplementalGroupsPolicy', 'spec.securityContext.supplementalGroupsPolicy: Strict');
  return {
    privileged: security.privileged === true,
    readonlyRootfs: security.readonlyRootfs === true,
    supplementalGroups: (security.supplementalGroups ?? []).map(BigInt),
    supplementalGroupsPolicy:
      security.supplementalGroupsPolicy === 'Strict'
        ? SupplementalGroupsPolicy.Strict
        : SupplementalGroupsPolicy.Merge,
    ...(security.namespaces === undefined
      ? {}
      : { namespaceOptions: namespacesMessage(security.namespaces, abilities) }),
    ...(security.runAsUser === undefined ? {} : { runAsUser: { value: BigInt(security.runAsUser) } }),
    ...(security.runAsGroup === undefined ? {} : { runAsGroup: { value: BigInt(security.runAsGroup) } }),
    ...(security.seccomp === undefined ? {} : { seccomp: profileMessage(security.seccomp) }),
    ...(security.apparmor === undefined ? {} : { apparmor: profileMessage(security.apparmor) }),
  };
}

function namespacesMessage(
  { network, pid, ipc, targetId, userns }: NamespaceOptions,
  abilities: RuntimeAbilities,
): MessageInitShape<typeof NamespaceOptionSchema> {
  if (userns !== undefined) abilities.demand('userNamespaces', 'spec.hostUsers: false');
  if (pid === 'TARGET' && (targetId ?? '') === '')
    throw new PeapodError('Invalid', 'a PID namespace to join needs its container');
  return {
    network: NamespaceMode[network],
    pid: NamespaceMode[pid],
    ipc: NamespaceMode[ipc],
    targetId: targetId ?? '',
    ...(userns === undefined
      ? {}
      : {
          usernsOptions: {
            mode: NamespaceMode.POD,
            uids: userns.uids.map(mappingMessage),
            gids: userns.gids.map(mappingMessage),
          },
        }),
  };
}

export function mappingMessage({ containerId, hostId, length }: IdMapping) {
  return { containerId, hostId, length };
}

function profileMessage({ type, localhostRef }: SecurityProfile) {
  return { profileType: SecurityProfile_ProfileType[type], localhostRef: localhostRef ?? '' };
}
