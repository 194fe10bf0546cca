/** A `PodRuntime` in memory: deterministic, with containers that do what a test tells them. */
import type { Clock } from '../../model/clock.ts';
import { PeapodError } from '../../model/errors.ts';
import type {
  CallOptions,
  ContainerConfig,
  ContainerFilter,
  ContainerStats,
  ContainerStatus,
  ExecResult,
  FilesystemUsage,
  ImageStatus,
  LinuxContainerResources,
  PodRuntime,
  PodSandboxConfig,
  PodSandboxStats,
  PodSandboxStatus,
  RuntimeCondition,
  RuntimeEvent,
  RuntimeHandler,
  RuntimeVersion,
  SandboxFilter,
  StreamSession,
} from '../pod-runtime.ts';
import { EventQueue } from './event-queue.ts';
import { fakeImage } from './fake-image.ts';

/** What one instance of a container does; without any it runs until it is stopped. */
export interface ContainerScript {
  /** Ends by itself, this long after its start. */
  exitAfterMs?: number;
  exitCode?: number;
  reason?: string;
  createError?: PeapodError;
  startError?: PeapodError;
  /** Only SIGKILL ends it. */
  ignoresStop?: boolean;
  exitCodeOnStop?: number;
}

export interface FakeRuntimeOptions {
  clock: Clock;
  /** By container name and attempt. */
  script?: (name: string, attempt: number) => ContainerScript | undefined;
  exec?: (name: string, command: readonly string[], options: CallOptions) => Promise<number> | number;
}

interface FakeContainer {
  status: ContainerStatus;
  script: ContainerScript;
  ended: PromiseWithResolvers<void>;
  lifetime: AbortController;
}

export class FakePodRuntime implements PodRuntime {
  readonly sandboxes = new Map<string, PodSandboxStatus>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, ImageStatus>();
  readonly pullFailures = new Map<string, PeapodError[]>();
  readonly sandboxFailures: PeapodError[] = [];
  /** What was done, in order: `start main#0`, `stop main#0`, … */
  readonly journal: string[] = [];
  readonly configs: ContainerConfig[] = [];
  readonly sandboxConfigs: PodSandboxConfig[] = [];
  /** Things that must never happen. */
  readonly violations: string[] = [];
  readonly #events = new EventQueue<RuntimeEvent>();
  readonly #options: FakeRuntimeOptions;
  #count = 0;

  constructor(options: FakeRuntimeOptions) {
    this.#options = options;
  }

  version(): Promise<RuntimeVersion> {
    return Promise.resolve({ runtimeName: 'fake', runtimeVersion: '1', runtimeApiVersion: 'v1' });
  }

  status(): Promise<RuntimeCondition[]> {
    return Promise.resolve([]);
  }

  runtimeHandlers(): Promise<RuntimeHandler[]> {
    return Promise.resolve([{ name: '', recursiveReadOnlyMounts: true, userNamespaces: true }]);
  }

  async runPodSandbox(config: PodSandboxConfig, { signal }: CallOptions = {}): Promise<string> {
    signal?.throwIfAborted();
    const failure = this.sandboxFailures.shift();
    if (failure !== undefined) throw failure;
    const { uid, attempt } = config.metadata;
    const id = `sandbox-${uid}-${attempt}`;
    if (this.sandboxes.has(id)) return id;
    this.sandboxConfigs.push(config);
    this.journal.push(`sandbox #${attempt}`);
    this.sandboxes.set(id, {
      id,
      metadata: config.metadata,
      state: 'SANDBOX_READY',
      createdAt: this.#options.clock.now(),
      ips: config.linux.namespaces.network === 'NODE' ? [] : [`10.0.0.${this.sandboxes.size + 2}`],
      pid: 100 + this.#count++,
      labels: config.labels,
      annotations: config.annotations,
      namespaces: config.linux.namespaces,
      cgroupParent: config.linux.cgroupParent,
      runtimeHandler: config.runtimeHandler ?? '',
      privileged: config.linux.securityContext.privileged === true,
    });
    return id;
  }

  async stopPodSandbox(sandboxId: string): Promise<void> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox === undefined) return;
    for (const { status } of this.containers.values()) {
      if (status.sandboxId !== sandboxId) continue;
      if (status.state === 'CONTAINER_RUNNING')
        this.violations.push(`${sandboxId} stopped while ${status.id} runs`);
      this.#end(status.id, 137, 'Error');
    }
    if (sandbox.state === 'SANDBOX_READY') this.journal.push(`stop sandbox #${sandbox.metadata.attempt}`);
    this.sandboxes.set(sandboxId, { ...sandbox, state: 'SANDBOX_NOTREADY', pid: 0 });
    this.#tell('SANDBOX_STOPPED', sandboxId, sandboxId);
  }

  async removePodSandbox(sandboxId: string): Promise<void> {
    await this.stopPodSandbox(sandboxId);
    for (const { status } of this.containers.values()) {
      if (status.sandboxId === sandboxId) this.containers.delete(status.id);
    }
    this.sandboxes.delete(sandboxId);
  }

  async podSandboxStatus(sandboxId: string): Promise<PodSandboxStatus> {
    return structuredClone(found(this.sandboxes.get(sandboxId), sandboxId));
  }

  async listPodSandboxes(filter: SandboxFilter = {}): Promise<PodSandboxStatus[]> {
    return [...this.sandboxes.values()]
      .filter(({ id, metadata, state, labels }) => {
        if (filter.id !== undefined && filter.id !== id) return false;
        if (filter.podUid !== undefined && filter.podUid !== metadata.uid) return false;
        if (filter.state !== undefined && filter.state !== state) return false;
        return hasLabels(labels, filter.labels);
      })
      .map((status) => structuredClone(status));
  }

  async createContainer(
    sandboxId: string,
    config: ContainerConfig,
    { signal }: CallOptions = {},
  ): Promise<string> {
    signal?.throwIfAborted();
    const sandbox = found(this.sandboxes.get(sandboxId), sandboxId);
    const { name, attempt } = config.metadata;
    const id = `${sandboxId}-${name}-${attempt}`;
    if (this.containers.has(id)) return id;
    const script = this.#options.script?.(name, attempt) ?? {};
    if (script.createError !== undefined) throw script.createError;
    if (sandbox.state !== 'SANDBOX_READY') {
      throw new PeapodError('FailedPrecondition', `sandbox "${sandboxId}" is not ready`);
    }
    this.configs.push(config);
    this.journal.push(`create ${name}#${attempt}`);
    this.containers.set(id, {
      script,
      ended: Promise.withResolvers<void>(),
      lifetime: new AbortController(),
      status: {
        id,
        sandboxId,
        metadata: { ...config.metadata },
        state: 'CONTAINER_CREATED',
        createdAt: this.#options.clock.now(),
        startedAt: 0,
        finishedAt: 0,
        exitCode: 0,
        reason: '',
        message: '',
        image: config.image,
        userImage: config.userImage,
        imageRef: `${config.userImage}@${config.image}`,
        labels: config.labels,
        annotations: config.annotations,
        mounts: config.mounts,
        logPath: `/logs/${config.logPath}`,
        pid: 0,
        resources: config.linux.resources,
        user: { uid: 0, gid: 0, supplementalGroups: [] },
        stopSignal: 'SIGTERM',
      },
    });
    this.#tell('CONTAINER_CREATED', id, sandboxId);
    return id;
  }

  async startContainer(containerId: string, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const { status, script, lifetime } = found(this.containers.get(containerId), containerId);
    if (status.state === 'CONTAINER_RUNNING') return;
    if (status.state !== 'CONTAINER_CREATED') {
      throw new PeapodError('FailedPrecondition', `container "${containerId}" is not in created state`);
    }
    const { name, attempt } = status.metadata;
    if (script.startError !== undefined) {
      this.#end(containerId, 128, 'StartError', script.startError.message);
      throw script.startError;
    }
    this.journal.push(`start ${name}#${attempt}`);
    this.#checkAlone(status);
    status.state = 'CONTAINER_RUNNING';
    status.startedAt = this.#options.clock.now();
    status.pid = 1000 + this.#count++;
    this.#tell('CONTAINER_STARTED', containerId, status.sandboxId);
    if (script.exitAfterMs === undefined) return;
    const { exitCode = 0, exitAfterMs, reason } = script;
    void this.#options.clock
      .sleep(exitAfterMs, { signal: lifetime.signal })
      .then(() => this.#end(containerId, exitCode, reason))
      .catch(() => {});
  }

  async stopContainer(containerId: string, timeoutMs: number, { signal }: CallOptions = {}): Promise<void> {
    const container = this.containers.get(containerId);
    if (container === undefined || container.status.state === 'CONTAINER_EXITED') return;
    const { status, script, ended } = container;
    this.journal.push(`stop ${status.metadata.name}#${status.metadata.attempt} ${timeoutMs}`);
    if (script.ignoresStop === true && timeoutMs > 0) {
      const timer = new AbortController();
      const either = signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]);
      const grace = this.#options.clock
        .sleep(timeoutMs, { signal: either })
        .catch(() => signal?.throwIfAborted());
      await Promise.race([grace, ended.promise]);
      timer.abort();
    }
    signal?.throwIfAborted();
    const killed = timeoutMs === 0 || script.ignoresStop === true;
    this.#end(containerId, killed ? 137 : (script.exitCodeOnStop ?? 143));
  }

  async removeContainer(containerId: string): Promise<void> {
    const container = this.containers.get(containerId);
    if (container === undefined) return;
    this.#end(containerId, 137);
    const { name, attempt } = container.status.metadata;
    this.journal.push(`remove ${name}#${attempt}`);
    this.containers.delete(containerId);
  }

  async containerStatus(containerId: string): Promise<ContainerStatus> {
    return structuredClone(found(this.containers.get(containerId), containerId).status);
  }

  async listContainers(filter: ContainerFilter = {}): Promise<ContainerStatus[]> {
    return [...this.containers.values()]
      .map(({ status }) => status)
      .filter(({ id, sandboxId, state, labels }) => {
        if (filter.id !== undefined && filter.id !== id) return false;
        if (filter.sandboxId !== undefined && filter.sandboxId !== sandboxId) return false;
        if (filter.state !== undefined && filter.state !== state) return false;
        return hasLabels(labels, filter.labels);
      })
      .map((status) => structuredClone(status));
  }

  async updateContainerResources(containerId: string, resources: LinuxContainerResources): Promise<void> {
    const { status } = found(this.containers.get(containerId), containerId);
    status.resources = { ...status.resources, ...resources };
    this.journal.push(`resize ${status.metadata.name}#${status.metadata.attempt}`);
  }

  async execSync(
    containerId: string,
    command: readonly string[],
    options: CallOptions = {},
  ): Promise<ExecResult> {
    const { status } = found(this.containers.get(containerId), containerId);
    const exitCode = (await this.#options.exec?.(status.metadata.name, command, options)) ?? 0;
    return { exitCode, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  }

  events({ signal }: { signal: AbortSignal }): AsyncIterable<RuntimeEvent> {
    return this.#events.subscribe(signal);
  }

  async imageStatus(reference: string): Promise<ImageStatus | undefined> {
    return this.images.get(reference);
  }

  async pullImage(reference: string): Promise<ImageStatus> {
    this.journal.push(`pull ${reference}`);
    const failure = this.pullFailures.get(reference)?.shift();
    if (failure !== undefined) throw failure;
    const image = fakeImage(reference);
    this.images.set(reference, image);
    return image;
  }

  async containerStats(containerId: string): Promise<ContainerStats> {
    found(this.containers.get(containerId), containerId);
    return {
      id: containerId,
      timestamp: this.#options.clock.now(),
      cpuUsageNanoCoreSeconds: 0,
      memoryWorkingSetBytes: 0,
      memoryUsageBytes: 0,
      memoryRssBytes: 0,
      memoryPageFaults: 0,
      memoryMajorPageFaults: 0,
      memoryAvailableBytes: undefined,
      processCount: 1,
      writableLayerBytes: 0,
      writableLayerInodes: 0,
    };
  }

  async removeImage(reference: string): Promise<void> {
    this.images.delete(reference);
  }

  async listImages(): Promise<ImageStatus[]> {
    return [...this.images.values()];
  }

  async reopenContainerLog(): Promise<void> {}

  exec(): Promise<StreamSession> {
    return Promise.reject(unsupported('exec'));
  }

  attach(): Promise<StreamSession> {
    return Promise.reject(unsupported('attach'));
  }

  portForward(): Promise<never> {
    return Promise.reject(unsupported('portForward'));
  }

  checkpointContainer(): Promise<void> {
    return Promise.reject(unsupported('checkpointContainer'));
  }

  podSandboxStats(): Promise<PodSandboxStats> {
    return Promise.reject(unsupported('podSandboxStats'));
  }

  updatePodSandboxResources(): Promise<void> {
    return Promise.reject(unsupported('updatePodSandboxResources'));
  }

  containerFsInfo(): Promise<FilesystemUsage> {
    return Promise.reject(unsupported('containerFsInfo'));
  }

  imageFsInfo(): Promise<FilesystemUsage> {
    return Promise.reject(unsupported('imageFsInfo'));
  }

  /** The newest instance with that name ends by itself. */
  exit(name: string, exitCode: number): void {
    const live = [...this.containers.values()].findLast(
      ({ status }) => status.metadata.name === name && status.state === 'CONTAINER_RUNNING',
    );
    if (live !== undefined) this.#end(live.status.id, exitCode);
  }

  /** The infra container dies; the others run on. */
  killSandbox(podUid: string): void {
    for (const sandbox of this.sandboxes.values()) {
      if (sandbox.metadata.uid !== podUid || sandbox.state !== 'SANDBOX_READY') continue;
      this.sandboxes.set(sandbox.id, { ...sandbox, state: 'SANDBOX_NOTREADY', pid: 0 });
      this.#tell('SANDBOX_STOPPED', sandbox.id, sandbox.id);
    }
  }

  #end(id: string, exitCode: number, reason?: string, message = ''): void {
    const container = this.containers.get(id);
    if (container === undefined || container.status.state === 'CONTAINER_EXITED') return;
    const { status } = container;
    status.state = 'CONTAINER_EXITED';
    status.finishedAt = this.#options.clock.now();
    status.exitCode = exitCode;
    status.reason = reason ?? (exitCode === 0 ? 'Completed' : 'Error');
    status.message = message;
    status.pid = 0;
    container.lifetime.abort();
    container.ended.resolve();
    this.journal.push(`exit ${status.metadata.name}#${status.metadata.attempt} ${exitCode}`);
    this.#tell('CONTAINER_STOPPED', id, status.sandboxId);
  }

  #checkAlone({ id, metadata, labels }: ContainerStatus): void {
    for (const { status } of this.containers.values()) {
      const same = status.metadata.name === metadata.name && hasLabels(status.labels, labels);
      if (same && status.id !== id && status.state === 'CONTAINER_RUNNING') {
        this.violations.push(`${id} started while ${status.id} runs`);
      }
    }
  }

  #tell(type: RuntimeEvent['type'], id: string, sandboxId: string): void {
    const podUid = this.sandboxes.get(sandboxId)?.metadata.uid ?? '';
    this.#events.push({ type, id, sandboxId, podUid });
  }
}

function hasLabels(labels: Record<string, string>, wanted: Record<string, string> = {}): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new PeapodError('NotFound', `"${id}" not found`);
  return value;
}

function unsupported(what: string): PeapodError {
  return new PeapodError('Unsupported', `the fake runtime has no ${what}`);
}
