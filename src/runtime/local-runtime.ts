/** Pods on this machine: joins images, sandboxes, networks, cgroups and containers into one `PodRuntime`. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../model/clock.ts';
import { PeapodError } from '../model/errors.ts';
import { openContainerCgroups } from './cgroup/container-cgroups.ts';
import { readyForMoves } from './cgroup/ready-for-moves.ts';
import { cgroupLayout, hierarchies } from './cgroup/cgroup-layout.ts';
import { openPodCgroups } from './cgroup/pod-cgroups.ts';
import type { ContainerContext, ContainerSandbox } from './container/container-context.ts';
import { CDI_DIRECTORIES } from './container/cdi/read-cdi-specs.ts';
import { containerFsInfo } from './container/container-fs-info.ts';
import { loadRecord } from './container/container-record.ts';
import { containerVerbs } from './container/container-verbs.ts';
import { imagesInUse } from './container/images-in-use.ts';
import { readHostFacts } from './container/read-host-facts.ts';
import { runtimeEvents } from './container/runtime-events.ts';
import type { ImageStore } from './image/image-store.ts';
import { registerStoreUser } from './image/store/store-users.ts';
import { openImageStore, type ImageStoreOptions } from './image/open-image-store.ts';
import { readMounts } from './linux/proc.ts';
import { removeUnheldLocks } from './linux/lock-file.ts';
import { traced } from './linux/trace.ts';
import { openPodNetwork, type PodNetworkOptions } from './network/pod-network.ts';
import { findOciRuntimes, findProgram, type OciRuntime } from './oci/oci-runtime.ts';
import { runtimeHandlers } from './oci/runtime-handlers.ts';
import type { RuntimePaths } from './paths.ts';
import type { PodCgroups } from './pod-cgroups.ts';
import { explainFailure } from './explain-failure.ts';
import type { PodRuntime } from './pod-runtime.ts';
import { endContainers, removeContainersOf } from './container/sandbox-containers.ts';
import { runtimeConditions } from './runtime-conditions.ts';
import { sandboxStats } from './sandbox-stats.ts';
import { openSandboxes } from './sandbox/open-sandboxes.ts';
import { openLaunchPool } from './container/launch/launch-pool.ts';
import { openSandboxPool } from './sandbox/pool/sandbox-pool.ts';
import { SandboxRecords } from './sandbox/sandbox-record.ts';
import { join } from 'node:path';

export interface LocalRuntimeOptions {
  paths: RuntimePaths;
  clock: Clock;
  /** What `version` tells. */
  version: string;
  /** The cgroup above all pods; `/peapod` unless told. */
  cgroupParent?: string;
  network?: Partial<Omit<PodNetworkOptions, 'directory'>>;
  images?: Omit<ImageStoreOptions, 'inUse' | 'clock'>;
  env?: NodeJS.ProcessEnv;
}

export interface LocalRuntime extends PodRuntime, AsyncDisposable {
  readonly images: ImageStore;
  readonly podCgroups: PodCgroups;
  /** crun, or runc with the reason why. */
  readonly oci: OciRuntime;
  /** systemd, where it runs, makes the cgroups below its slices itself. */
  readonly cgroupDriver: 'SYSTEMD' | 'CGROUPFS';
  /** The PIDs of all that runs in a container, also what `exec` started. */
  containerProcesses(containerId: string): Promise<number[]>;
  /**
   * Has so many sandboxes, and starts of containers, ready for pods to come, until the signal aborts; then it resolves when they are gone. Pods that
   * need what those do not have (a user namespace, sysctls, another runtime or network; a terminal) are made as without. Failures are told to
   * `warn`, and tried again.
   */
  keepSpares(
    sizes: { sandboxes: number; containers: number },
    warn: (error: unknown) => void,
    options: { signal: AbortSignal },
  ): Promise<void>;
  /** Pods are made within the next moments: what the kernel takes its time for may begin. */
  expectPods(): void;
  /** Clears what killed processes left: half-made containers and sandboxes, and what ended ones still hold. To be called at start-up. */
  collect(): Promise<void>;
}

const DEFAULT_NETWORK = {
  confDir: '/etc/cni/net.d',
  binDirs: ['/opt/cni/bin', '/usr/lib/cni'],
  bridge: 'peapod0',
  subnet: '10.87.0.0/16',
};

/**
 * Opens the runtime whose state lies in `paths`. Nothing is started and nothing changed by opening; closing it leaves all pods running.
 * @throws PeapodError MissingPrerequisite: not root, no OCI runtime, no conmon, no cgroups
 */
export async function openLocalRuntime(options: LocalRuntimeOptions): Promise<LocalRuntime> {
  const { paths, clock } = options;
  const host = await findHost(options);
  const network = openPodNetwork({
    ...DEFAULT_NETWORK,
    ...options.network,
    directory: join(paths.run, 'network'),
  });
  const images = await openImageStore(paths, { ...options.images, clock, inUse: () => imagesInUse(paths) });
  await registerStoreUser(paths);
  const sandboxContext = {
    paths,
    clock,
    oci: host.runtimes,
    systemd: host.systemd,
    cgroupParent: join(options.cgroupParent ?? '/peapod', 'cri'),
    network,
    records: new SandboxRecords(paths.sandboxes),
    own: {
      oomScoreAdj: host.facts.oomScoreAdj,
      maySetAny: host.facts.capabilities.has('CAP_SYS_RESOURCE'),
    },
    poolCgroup: join(options.cgroupParent ?? '/peapod', 'pool'),
    removeCgroup: (path: string) => host.cgroups.remove(path),
    removeEmptyCgroups: () => host.cgroups.removeEmpty(),
    enterCgroup: (path: string, pid: number) => host.cgroups.enter(path, pid),
  };
  const pool = openSandboxPool(sandboxContext);
  const sandboxes = openSandboxes({ ...sandboxContext, pool });
  const context: ContainerContext = {
    paths,
    clock,
    conmon: host.conmon,
    runtime: host.oci,
    systemd: host.systemd,
    cdiDirectories: CDI_DIRECTORIES,
    host: host.facts,
    cgroups: host.cgroups,
    images,
    sandboxes: { get: async (id) => withNodesOwn(await sandboxes.get(id)) },
  };
  const launches = openLaunchPool(context);
  const containers = containerVerbs({ ...context, launches });
  const moves = readyForMoves(host.layout, clock);
  const expectPods = () => moves.hold()[Symbol.dispose]();
  /** The pools make nothing meanwhile, and processes get into their cgroups without waiting. */
  const making = async <T>(work: () => Promise<T>): Promise<T> => {
    using _moves = moves.hold();
    const touch = () => {
      pool.touch();
      launches.touch();
    };
    touch();
    try {
      return await work();
    } finally {
      touch();
    }
  };

  return {
    images,
    podCgroups: {
      ...host.podCgroups,
      ensure: async (pod, resources) => {
        await moves.settled();
        return await host.podCgroups.ensure(pod, resources);
      },
    },
    oci: host.oci,
    cgroupDriver: host.systemd ? 'SYSTEMD' : 'CGROUPFS',

    version: async () => ({
      runtimeName: 'peapod',
      runtimeVersion: options.version,
      runtimeApiVersion: 'v1',
    }),
    runtimeHandlers: () => runtimeHandlers(host.runtimes),
    status: async () => runtimeConditions(host.oci, { ...DEFAULT_NETWORK, ...options.network }),

    runPodSandbox: (config, call) =>
      explainFailure('cannot make the pod sandbox', 'CreatePodSandboxError', () =>
        traced(
          'run pod sandbox',
          () => making(() => sandboxes.run(config, call)),
          `sandbox ${config.metadata.name}`,
        ),
      ),
    stopPodSandbox: (id, call) =>
      explainFailure('cannot stop the pod sandbox', 'Unavailable', async () => {
        await endContainers(context, id, call);
        await sandboxes.stop(id, call);
      }),
    removePodSandbox: (id, call) =>
      explainFailure('cannot remove the pod sandbox', 'Unavailable', async () => {
        await removeContainersOf(context, id, call);
        await sandboxes.remove(id, call);
        if ((await sandboxes.list()).length === 0) await host.cgroups.removeEmpty();
      }),
    podSandboxStatus: (id) => sandboxes.status(id),
    listPodSandboxes: (filter) => sandboxes.list(filter),
    updatePodSandboxResources: (id, change, call) => sandboxes.updateResources(id, change, call),
    podSandboxStats: async (id, call) => sandboxStats(context, await sandboxes.status(id), call),

    ...containers,
    createContainer: (...call) => making(() => containers.createContainer(...call)),
    startContainer: (...call) => making(() => containers.startContainer(...call)),
    execSync: (...call) => {
      expectPods();
      return containers.execSync(...call);
    },

    events: (options) =>
      runtimeEvents(
        {
          paths,
          clock,
          listContainers: () => containers.listContainers(),
          listPodSandboxes: () => sandboxes.list(),
        },
        options,
      ),

    listImages: (call) => images.listImages(call),
    imageStatus: (reference, call) => images.imageStatus(reference, call),
    pullImage: (reference, call) => images.pullImage(reference, call),
    removeImage: (reference, call) => images.removeImage(reference, call),
    containerFsInfo: () => containerFsInfo(paths),
    imageFsInfo: (call) => images.imageFsInfo(call),

    async containerProcesses(containerId) {
      const { cgroupPath } = await loadRecord(paths.containers, containerId);
      return host.cgroups.processes(cgroupPath);
    },

    keepSpares: async ({ sandboxes: pods, containers: starts }, warn, call) => {
      await Promise.all([pool.keep(pods, warn, call), launches.keep(starts, warn, call)]);
    },

    expectPods,

    async collect() {
      await containers.collect();
      await sandboxes.collect();
      for (const locks of ['locks', 'volume-locks']) removeUnheldLocks(join(paths.run, locks));
    },
    [Symbol.asyncDispose]: async () => {
      // Every verb closes what it opens; what lives on, lives on disk and in the kernel.
    },
  };
}

async function findHost(options: LocalRuntimeOptions) {
  const env = options.env ?? process.env;
  if (process.getuid?.() !== 0) {
    throw new PeapodError('MissingPrerequisite', 'pods can be run by root only', { hint: 'sudo peapod …' });
  }
  const runtimes = await findOciRuntimes(join(options.paths.run, 'oci'), env);
  const conmon = await findProgram('conmon', env);
  if (conmon === undefined) {
    throw new PeapodError('MissingPrerequisite', 'conmon is not installed', {
      hint: 'apt-get install conmon',
    });
  }
  const layout = cgroupLayout(await readMounts());
  if (layout === undefined || hierarchies(layout).length === 0) {
    throw new PeapodError('MissingPrerequisite', 'no cgroups are mounted on this host', {
      hint: 'mount -t cgroup2 none /sys/fs/cgroup',
    });
  }
  const parent = options.cgroupParent ?? '/peapod';
  const oci = runtimes.preferred;
  return {
    oci,
    runtimes,
    systemd: existsSync('/run/systemd/system'),
    layout,
    conmon,
    cgroups: openContainerCgroups(layout, parent),
    podCgroups: openPodCgroups(layout, parent),
    facts: await readHostFacts({
      ociVersion: oci.ociVersion,
      cgroupMode: layout.version === 2 ? 'v2' : 'v1',
    }),
  };
}

/** A pod that uses the node's namespaces has the node's name and shared memory. */
function withNodesOwn(sandbox: ContainerSandbox): ContainerSandbox {
  const { namespaces } = sandbox.config.linux;
  return {
    ...sandbox,
    hostname: sandbox.hostname || (namespaces.network === 'NODE' ? hostname() : ''),
    shmPath: sandbox.shmPath ?? (namespaces.ipc === 'NODE' ? '/dev/shm' : undefined),
  };
}
