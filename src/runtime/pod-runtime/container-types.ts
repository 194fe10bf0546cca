/** What a container is to be, and what it is. */
import type { NamespaceOptions } from './sandbox-types.ts';

export interface ContainerConfig {
  metadata: { name: string; attempt: number };
  /** The image's id. */
  image: string;
  /** The reference that the user wrote. */
  userImage: string;
  command: string[];
  args: string[];
  workingDir: string;
  env: { name: string; value: string }[];
  mounts: Mount[];
  devices: Device[];
  /** By name, `vendor.example/class=device`, as files in `/etc/cdi` and `/var/run/cdi` describe them. */
  cdiDevices?: string[];
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Relative to the sandbox's log directory. Empty: no log is kept. */
  logPath: string;
  stdin: boolean;
  stdinOnce: boolean;
  tty: boolean;
  stopSignal?: string;
  linux: {
    resources: LinuxContainerResources;
    securityContext: LinuxSecurityContext;
  };
}

export interface Mount {
  containerPath: string;
  /** Absolute and already resolved; or an image to mount read-only. */
  source: { hostPath: string } | { image: string; subPath?: string };
  readonly: boolean;
  recursiveReadOnly: boolean;
  propagation: 'PRIVATE' | 'HOST_TO_CONTAINER' | 'BIDIRECTIONAL';
  /** Whether the mount shall be idmapped in a pod with a user namespace. */
  idmap?: boolean;
}

export interface Device {
  hostPath: string;
  containerPath: string;
  /** Of `r`, `w` and `m`. */
  permissions: string;
}

/** Absent: not limited, or the kernel's default. */
export interface LinuxContainerResources {
  cpuPeriodUs?: number;
  cpuQuotaUs?: number;
  /** As in cgroup v1, 2 to 262144; converted to a weight on v2. */
  cpuShares?: number;
  memoryLimitBytes?: number;
  memorySwapLimitBytes?: number;
  oomScoreAdj?: number;
  cpusetCpus?: string;
  cpusetMems?: string;
  pidsLimit?: number;
  hugepageLimits?: { pageSize: string; limitBytes: number }[];
  /** Written to cgroup v2 files as they are, e.g. `memory.high`. */
  unified?: Record<string, string>;
}

export interface SecurityProfile {
  type: 'RuntimeDefault' | 'Unconfined' | 'Localhost';
  /** An absolute path (seccomp) or a loaded profile's name (AppArmor), with `Localhost`. */
  localhostRef?: string;
}

export interface LinuxSecurityContext {
  privileged?: boolean;
  addCapabilities?: string[];
  dropCapabilities?: string[];
  /** Capabilities that the container's programs have whoever runs them; granted besides. */
  addAmbientCapabilities?: string[];
  namespaces?: NamespaceOptions;
  runAsUser?: number;
  runAsGroup?: number;
  /** A user name to look up in the image; instead of `runAsUser`. */
  runAsUsername?: string;
  readonlyRootfs?: boolean;
  supplementalGroups?: number[];
  supplementalGroupsPolicy?: 'Merge' | 'Strict';
  noNewPrivs?: boolean;
  /** Paths that are hidden or read-only; absent: the runtime's defaults; empty: none (`procMount: Unmasked`). */
  maskedPaths?: string[];
  readonlyPaths?: string[];
  /** Absent: `Unconfined` over CRI, so our own agent always says what it wants. */
  seccomp?: SecurityProfile;
  /** Absent: none. What cannot be had is refused. */
  apparmor?: SecurityProfile;
}

export type ContainerState =
  | 'CONTAINER_CREATED'
  | 'CONTAINER_RUNNING'
  | 'CONTAINER_EXITED'
  | 'CONTAINER_UNKNOWN';

export interface ContainerStatus {
  id: string;
  sandboxId: string;
  metadata: { name: string; attempt: number };
  state: ContainerState;
  /** Milliseconds since the epoch; 0 when that has not happened. */
  createdAt: number;
  startedAt: number;
  finishedAt: number;
  exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `ContainerStatusUnknown`, or `StartError`. */
  reason: string;
  message: string;
  /** The image's id, and the reference with its digest. */
  image: string;
  userImage: string;
  imageRef: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  mounts: Mount[];
  /** Absolute. */
  logPath: string;
  /** The container's first process, in the node's PID namespace; 0 when it does not run, or is another runtime's. */
  pid: number;
  resources: LinuxContainerResources;
  /** Who the first process runs as; absent: the runtime does not tell. */
  user?: { uid: number; gid: number; supplementalGroups: number[] };
  stopSignal: string;
}

export interface ContainerFilter {
  id?: string;
  sandboxId?: string;
  state?: ContainerState;
  labels?: Record<string, string>;
}
