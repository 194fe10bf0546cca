import type { Clock } from '../../model/clock.ts';
import type { RuntimePaths } from '../paths.ts';
import type { ContainerStats, ImageStatus, PodSandboxConfig, UsageDetails } from '../pod-runtime.ts';
import type { LaunchPool } from './launch/launch-pool.ts';
import type { HostFacts } from './spec/build-spec.ts';

/** What the containers need of the other rooms. */
export interface ContainerContext {
  readonly paths: RuntimePaths;
  readonly clock: Clock;
  /** conmon's program. */
  readonly conmon: string;
  readonly runtime: OciRuntimeCommand;
  readonly host: HostFacts;
  /** Whether systemd runs here, and makes the cgroups in its slices itself. */
  readonly systemd: boolean;
  /** Where the files that describe CDI devices are; a later one wins. */
  readonly cdiDirectories: readonly string[];
  readonly cgroups: ContainerCgroups;
  readonly images: ContainerImages;
  readonly sandboxes: ContainerSandboxes;
  /** What was started ahead for containers to come. */
  readonly launches?: LaunchPool;
}

/** crun or runc. */
export interface OciRuntimeCommand {
  readonly path: string;
  /** What goes before the verb: `--root` and its like. */
  readonly globalArgs: readonly string[];
}

export interface ContainerCgroups {
  /** Moves a process into the cgroup of all conmons, outside every pod's. */
  enterConmon(pid: number): Promise<void>;
  /** Kills every process in the cgroup and below it; gone is fine. */
  kill(cgroupPath: string): Promise<void>;
  /** Removes the cgroup and all below it; gone is fine. */
  remove(cgroupPath: string): Promise<void>;
  /** How many processes in it the kernel has killed for want of memory; 0 when it is gone. */
  oomKills(cgroupPath: string): Promise<number>;
  stats(cgroupPath: string): Promise<CgroupStats>;
  details(cgroupPath: string): Promise<UsageDetails>;
  /** All that are in it and below it. */
  processes(cgroupPath: string): Promise<number[]>;
}

export type CgroupStats = Omit<
  ContainerStats,
  'id' | 'timestamp' | 'writableLayerBytes' | 'writableLayerInodes' | 'details'
>;

export interface ContainerImages {
  imageStatus(reference: string): Promise<ImageStatus | undefined>;
  /** The unpacked layers' directories, the uppermost first, as overlayfs lists its lower directories. */
  rootfsLayers(imageId: string): Promise<string[]>;
}

export interface ContainerSandboxes {
  /** @throws PeapodError NotFound */
  get(sandboxId: string): Promise<ContainerSandbox>;
}

/** What a container joins. */
export interface ContainerSandbox {
  id: string;
  config: PodSandboxConfig;
  ready: boolean;
  /** What made it, and makes its containers. */
  runtime: OciRuntimeCommand;
  infraPid: number;
  hostname: string;
  shmPath: string | undefined;
  resolvConfPath: string | undefined;
  hostnamePath: string | undefined;
}
