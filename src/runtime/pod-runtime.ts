/**
 * The face of the runtime: what it takes to run pods on one machine. The verbs and their guarantees are CRI's.
 *
 * Every verb is idempotent as CRI demands: stopping or removing what is gone succeeds, and a repeated
 * `runPodSandbox` or `createContainer` for the same metadata (name, uid, attempt) gives the first one's result.
 * An abort stops the waiting and undoes what the call had made, as far as nobody else can have seen it.
 *
 * State lies on disk: several processes may use one state directory at a time.
 * @see https://github.com/kubernetes/cri-api/blob/master/pkg/apis/runtime/v1/api.proto
 */
import type { Duplex, Readable, Writable } from 'node:stream';

export interface CallOptions {
  signal?: AbortSignal;
}

export interface PodRuntime {
  version(): Promise<RuntimeVersion>;
  /** Whether pods can be run now, and if not, why. */
  status(): Promise<RuntimeCondition[]>;
  /** What `PodSandboxConfig.runtimeHandler` may name, the default (`''`) first. */
  runtimeHandlers(): Promise<RuntimeHandler[]>;

  runPodSandbox(config: PodSandboxConfig, options?: CallOptions): Promise<string>;
  /** Ends the infra container and all others at once (their grace is the caller's matter) and gives the network back. */
  stopPodSandbox(sandboxId: string, options?: CallOptions): Promise<void>;
  /** Removes the sandbox and every container in it, stopping them first where needed. */
  removePodSandbox(sandboxId: string, options?: CallOptions): Promise<void>;
  /** @throws PeapodError NotFound */
  podSandboxStatus(sandboxId: string, options?: CallOptions): Promise<PodSandboxStatus>;
  listPodSandboxes(filter?: SandboxFilter, options?: CallOptions): Promise<PodSandboxStatus[]>;
  podSandboxStats(sandboxId: string, options?: StatsOptions): Promise<PodSandboxStats>;
  /** Takes note of what the pod may use as a whole; its cgroup is the caller's, who has changed it already. @throws PeapodError NotFound */
  updatePodSandboxResources(
    sandboxId: string,
    change: Pick<PodSandboxConfig['linux'], 'overhead' | 'resources'>,
    options?: CallOptions,
  ): Promise<void>;

  /** The image has to be there: `config.image` is what `imageStatus` or `pullImage` gave as id. */
  createContainer(sandboxId: string, config: ContainerConfig, options?: CallOptions): Promise<string>;
  startContainer(containerId: string, options?: CallOptions): Promise<void>;
  /** Sends the stop signal, waits `timeoutMs`, then sends SIGKILL. 0 kills at once. Resolves when it has ended. */
  stopContainer(
    containerId: string,
    timeoutMs: number,
    options?: CallOptions & { stopSignal?: string },
  ): Promise<void>;
  /** Removes a container and its writable layer; a running one is killed first. Its log stays: that is the caller's. */
  removeContainer(containerId: string, options?: CallOptions): Promise<void>;
  /** @throws PeapodError NotFound */
  containerStatus(containerId: string, options?: CallOptions): Promise<ContainerStatus>;
  listContainers(filter?: ContainerFilter, options?: CallOptions): Promise<ContainerStatus[]>;
  updateContainerResources(
    containerId: string,
    resources: LinuxContainerResources,
    options?: CallOptions,
  ): Promise<void>;
  /** Makes the log writer open its file anew, after the old one was renamed away. */
  reopenContainerLog(containerId: string, options?: CallOptions): Promise<void>;
  containerStats(containerId: string, options?: CallOptions): Promise<ContainerStats>;
  /**
   * Writes an archive of the running container, its processes' memory included, to `location`; it runs on.
   * @throws PeapodError Unsupported without CRIU, TimedOut
   */
  checkpointContainer(containerId: string, location: string, options?: CheckpointOptions): Promise<void>;

  /**
   * Runs a command to its end. Ends when the command's own process ends, whoever still holds its output.
   * Output over `maxOutputBytes` (16 MiB unless told) is cut off.
   * @throws PeapodError TimedOut after `timeoutMs`, with the process killed; 0 waits for ever.
   */
  execSync(
    containerId: string,
    command: readonly string[],
    options?: CallOptions & { timeoutMs?: number; maxOutputBytes?: number },
  ): Promise<ExecResult>;
  exec(containerId: string, request: ExecRequest, options?: CallOptions): Promise<StreamSession>;
  attach(containerId: string, request: AttachRequest, options?: CallOptions): Promise<StreamSession>;
  /** A connection to `port` on the pod's own loopback. */
  portForward(sandboxId: string, port: number, options?: CallOptions): Promise<Duplex>;

  /** What happens to containers and sandboxes from now on, whoever caused it; a hint to look, never the only source. */
  events(options: EventOptions): AsyncIterable<RuntimeEvent>;

  listImages(options?: CallOptions): Promise<ImageStatus[]>;
  /** By tag, digest or id; nothing when it is not there. */
  imageStatus(reference: string, options?: CallOptions): Promise<ImageStatus | undefined>;
  /** @throws PeapodError ImageNotFound, ImageUnauthorized, ImageCorrupt, RegistryUnavailable, InvalidImageName, NoSpace */
  pullImage(reference: string, options?: CallOptions & PullOptions): Promise<ImageStatus>;
  removeImage(reference: string, options?: CallOptions): Promise<void>;
  imageFsInfo(options?: CallOptions): Promise<FilesystemUsage>;
  /** What the containers' writable layers take. */
  containerFsInfo(options?: CallOptions): Promise<FilesystemUsage>;
}

/** The verbs about one container, or a list of them. */
export type ContainerVerb =
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'removeContainer'
  | 'containerStatus'
  | 'listContainers'
  | 'updateContainerResources'
  | 'reopenContainerLog'
  | 'containerStats'
  | 'checkpointContainer'
  | 'execSync'
  | 'exec'
  | 'attach';

export interface RuntimeVersion {
  runtimeName: string;
  runtimeVersion: string;
  runtimeApiVersion: 'v1';
}

export interface RuntimeCondition {
  type: 'RuntimeReady' | 'NetworkReady';
  status: boolean;
  reason: string;
  message: string;
}

/** A way to run a pod: an OCI runtime by its name. */
export interface RuntimeHandler {
  /** `''`: the one that is used unless told. */
  name: string;
  recursiveReadOnlyMounts: boolean;
  userNamespaces: boolean;
}

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

export interface ExecResult {
  exitCode: number;
  stdout: Buffer;
  stderr: Buffer;
}

export interface ExecRequest {
  command: readonly string[];
  tty: boolean;
  stdin: boolean;
  size?: TerminalSize;
}

export interface AttachRequest {
  tty: boolean;
  stdin: boolean;
  size?: TerminalSize;
}

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** A process's streams. With a terminal all output comes through `stdout`. Disposing ends the session. */
export interface StreamSession extends AsyncDisposable {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable | undefined;
  /** The exit code: 128 + n after signal n. For `attach`, the container's. */
  readonly exit: Promise<number>;
  resize(size: TerminalSize): void;
}

export interface EventOptions {
  signal: AbortSignal;
  /** Told after each look at all that runs, for runtimes that look: when it began, in milliseconds since the epoch, and how long it took. */
  onLook?: (at: number, seconds: number) => void;
}

export interface RuntimeEvent {
  type:
    | 'CONTAINER_CREATED'
    | 'CONTAINER_STARTED'
    | 'CONTAINER_STOPPED'
    | 'CONTAINER_DELETED'
    | 'SANDBOX_STOPPED';
  id: string;
  sandboxId: string;
  podUid: string;
}

export interface ContainerStats {
  id: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
  cpuUsageNanoCoreSeconds: number;
  memoryWorkingSetBytes: number;
  memoryUsageBytes: number;
  memoryRssBytes: number;
  memoryPageFaults: number;
  memoryMajorPageFaults: number;
  memoryAvailableBytes: number | undefined;
  processCount: number;
  writableLayerBytes: number;
  writableLayerInodes: number;
  /** Absent: the kernel keeps no account of it, or the runtime does not tell. */
  memorySwapBytes?: number;
  /** Absent also: not limited. */
  memorySwapAvailableBytes?: number;
  pressure?: Pressure;
  /** Where it was asked for. */
  details?: UsageDetails;
}

/** Absent: the kernel keeps no account of it. */
export interface Pressure {
  cpu?: ResourcePressure;
  memory?: ResourcePressure;
  io?: ResourcePressure;
}

/** Of some tasks that waited, and of all of them at once. */
export interface ResourcePressure {
  some: PressureLine;
  full: PressureLine;
}

/** The averages are per cent of the last 10, 60 and 300 seconds. */
export interface PressureLine {
  totalNanoseconds: number;
  avg10: number;
  avg60: number;
  avg300: number;
}

export interface UsageDetails {
  cpuUserNanoseconds: number;
  cpuSystemNanoseconds: number;
  cpuPeriods: number;
  cpuThrottledPeriods: number;
  cpuThrottledNanoseconds: number;
  memoryCacheBytes: number;
  memoryMappedFileBytes: number;
  memoryMaxUsageBytes: number;
  /** How often the limit was reached. */
  memoryLimitHits: number;
  oomKills: number;
}

export interface CheckpointOptions extends CallOptions {
  /** 0: the runtime's own limit. */
  timeoutMs?: number;
}

export interface StatsOptions extends CallOptions {
  /** Whether to tell details, which costs more. */
  detailed?: boolean;
}

/** Packets are absent where the runtime does not tell. */
export interface InterfaceStats {
  name: string;
  rxBytes: number;
  rxErrors: number;
  rxPackets?: number;
  rxDropped?: number;
  txBytes: number;
  txErrors: number;
  txPackets?: number;
  txDropped?: number;
}

export interface PodSandboxStats {
  id: string;
  timestamp: number;
  cpuUsageNanoCoreSeconds: number;
  memoryWorkingSetBytes: number;
  memoryUsageBytes: number;
  processCount: number;
  pressure?: Pressure;
  network: InterfaceStats[];
  containers: ContainerStats[];
}

export interface ImageStatus {
  /** `sha256:…`, the digest of the image's configuration. */
  id: string;
  repoTags: string[];
  repoDigests: string[];
  /** Of all layers, unpacked. */
  sizeBytes: number;
  /** When the image was first stored here, milliseconds since the epoch. */
  storedAt: number;
  config: ImageConfig;
  pinned: boolean;
}

/** The part of an OCI image configuration that a container inherits. */
export interface ImageConfig {
  user: string;
  env: string[];
  entrypoint: string[];
  cmd: string[];
  workingDir: string;
  labels: Record<string, string>;
  stopSignal: string;
  volumes: string[];
  architecture: string;
  os: string;
  created: string;
}

export interface PullOptions {
  /** Overrides what the credential files say. */
  auth?:
    | { username: string; password: string }
    /** A bearer token, shown as it is. */
    | { token: string }
    /** Exchanged for one at the registry's token server. */
    | { identityToken: string };
  onProgress?: (progress: PullProgress) => void;
}

export interface PullProgress {
  layerDigest: string;
  phase: 'waiting' | 'downloading' | 'unpacking' | 'done' | 'present';
  currentBytes: number;
  totalBytes: number;
}

export interface FilesystemUsage {
  mountpoint: string;
  usedBytes: number;
  usedInodes: number;
}
