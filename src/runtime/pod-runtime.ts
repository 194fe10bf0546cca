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
import type { Duplex } from 'node:stream';
import type {
  ContainerConfig,
  ContainerFilter,
  ContainerStatus,
  LinuxContainerResources,
} from './pod-runtime/container-types.ts';
import type { ImageStatus, PullOptions } from './pod-runtime/image-types.ts';
import type { PodSandboxConfig, PodSandboxStatus, SandboxFilter } from './pod-runtime/sandbox-types.ts';
import type { ContainerStats, FilesystemUsage, PodSandboxStats } from './pod-runtime/stats-types.ts';
import type { AttachRequest, ExecRequest, ExecResult, StreamSession } from './pod-runtime/stream-types.ts';

export type * from './pod-runtime/sandbox-types.ts';
export type * from './pod-runtime/container-types.ts';
export type * from './pod-runtime/stream-types.ts';
export type * from './pod-runtime/stats-types.ts';
export type * from './pod-runtime/image-types.ts';

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

export interface CheckpointOptions extends CallOptions {
  /** 0: the runtime's own limit. */
  timeoutMs?: number;
}

export interface StatsOptions extends CallOptions {
  /** Whether to tell details, which costs more. */
  detailed?: boolean;
}
