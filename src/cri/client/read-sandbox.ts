import type { NamespaceOptions, PodSandboxStatus, PodMetadata } from '../../runtime/pod-runtime.ts';
import {
  type NamespaceOption,
  NamespaceMode,
  type PodSandboxMetadata,
  PodSandboxState,
  type PodSandboxStatus as Message,
  type PodSandbox,
} from '../api/runtime_pb.ts';
import { withoutConfig } from './sandbox-annotation.ts';

const NANOSECONDS_PER_MS = 1_000_000n;

/** Nanoseconds since the epoch to milliseconds; 0 stays 0. */
export function milliseconds(nanoseconds: bigint): number {
  return nanoseconds <= 0n ? 0 : Number(nanoseconds / NANOSECONDS_PER_MS);
}

/** The runtime does not tell the infra container's process, nor where the pod's cgroup is. */
export function readSandbox(status: Message): PodSandboxStatus {
  const { network } = status;
  const ips = [network?.ip ?? '', ...(network?.additionalIps ?? []).map(({ ip }) => ip)];
  return {
    ...readListed(status),
    ips: ips.filter((ip) => ip !== ''),
    namespaces: readNamespaces(status.linux?.namespaces?.options),
  };
}

/** What a list tells of it. */
export function readListed(sandbox: PodSandbox | Message): Omit<PodSandboxStatus, 'ips' | 'namespaces'> {
  return {
    id: sandbox.id,
    metadata: readMetadata(sandbox.metadata),
    state: sandbox.state === PodSandboxState.SANDBOX_READY ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAt: milliseconds(sandbox.createdAt),
    pid: 0,
    labels: sandbox.labels,
    annotations: withoutConfig(sandbox.annotations),
    cgroupParent: '',
    runtimeHandler: sandbox.runtimeHandler,
  };
}

function readMetadata(metadata: PodSandboxMetadata | undefined): PodMetadata {
  const { name = '', namespace = '', uid = '', attempt = 0 } = metadata ?? {};
  return { name, namespace, uid, attempt };
}

function readNamespaces(options: NamespaceOption | undefined): NamespaceOptions {
  const pid = options?.pid ?? NamespaceMode.POD;
  const { usernsOptions } = options ?? {};
  const read = (maps: readonly { containerId: number; hostId: number; length: number }[]) =>
    maps.map(({ containerId, hostId, length }) => ({ containerId, hostId, length }));
  return {
    network: options?.network === NamespaceMode.NODE ? 'NODE' : 'POD',
    ipc: options?.ipc === NamespaceMode.NODE ? 'NODE' : 'POD',
    pid: pid === NamespaceMode.NODE ? 'NODE' : pid === NamespaceMode.CONTAINER ? 'CONTAINER' : 'POD',
    ...(usernsOptions !== undefined && usernsOptions.uids.length > 0
      ? { userns: { uids: read(usernsOptions.uids), gids: read(usernsOptions.gids) } }
      : {}),
  };
}
