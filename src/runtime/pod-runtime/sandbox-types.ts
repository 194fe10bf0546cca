/** What a pod's sandbox is to be, and what it is. */
import type { LinuxContainerResources, LinuxSecurityContext } from './container-types.ts';

export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET';

export interface NamespaceOptions {
  network: 'POD' | 'NODE';
  pid: NamespaceMode;
  ipc: 'POD' | 'NODE';
  /** The container whose PID namespace to join, with `pid: 'TARGET'`. */
  targetId?: string;
  /** A user namespace for the pod; absent: the node's. */
  userns?: { uids: IdMapping[]; gids: IdMapping[] };
}

export interface IdMapping {
  containerId: number;
  hostId: number;
  length: number;
}

export interface PodMetadata {
  name: string;
  namespace: string;
  uid: string;
  attempt: number;
}

export interface PodSandboxConfig {
  metadata: PodMetadata;
  /** Empty with the node's network. */
  hostname: string;
  /** Absolute; made when missing. Container log paths are relative to it. Empty: no logs are kept. */
  logDirectory: string;
  dns?: DnsConfig;
  portMappings: PortMapping[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Absent or empty: the default one. */
  runtimeHandler?: string;
  linux: {
    /**
     * The pod's cgroup, relative to each controller's root, e.g. `/peapod/burstable/pod<uid>`; made when missing, and then left. A name
     * that ends in `.slice` is one of systemd's. Empty: one of the runtime's own, which goes with the sandbox.
     */
    cgroupParent: string;
    /** Of the pod as a whole, for the record: whoever asks has limited the pod's cgroup. */
    overhead?: LinuxContainerResources;
    resources?: LinuxContainerResources;
    namespaces: NamespaceOptions;
    sysctls: Record<string, string>;
    securityContext: LinuxSecurityContext;
  };
}

export interface DnsConfig {
  servers: string[];
  searches: string[];
  options: string[];
}

export interface PortMapping {
  protocol: 'TCP' | 'UDP' | 'SCTP';
  containerPort: number;
  hostPort: number;
  hostIp: string;
}

export type SandboxState = 'SANDBOX_READY' | 'SANDBOX_NOTREADY';

export interface PodSandboxStatus {
  id: string;
  metadata: PodMetadata;
  state: SandboxState;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** The pod's addresses, the primary one first; empty with the node's network. */
  ips: string[];
  /** The infra container's process; 0 when it is gone, or another runtime's. */
  pid: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  namespaces: NamespaceOptions;
  /** The cgroup's path below each controller's root. */
  cgroupParent: string;
  runtimeHandler: string;
  /** Whether it may have privileged containers, as its maker said; absent: the runtime does not tell. */
  privileged?: boolean;
}

export interface SandboxFilter {
  id?: string;
  podUid?: string;
  state?: SandboxState;
  labels?: Record<string, string>;
}
