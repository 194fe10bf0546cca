/** A runtime that the suite is run against, with images and pods of the suite's own. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import {
  type ContainerConfigSchema,
  ImageService,
  type LinuxContainerSecurityContextSchema,
  NamespaceMode,
  type NamespaceOptionSchema,
  type PodSandboxConfigSchema,
  RuntimeService,
} from '../../../src/cri/api/runtime_pb.ts';
import {
  type GrpcConnection,
  openGrpcConnection,
  type ServiceClient,
} from '../../../src/cri/grpc/grpc-client.ts';
import { removeCgroups } from './remove-cgroups.ts';

export type SubjectName = 'peapod' | 'containerd';
type Plain<Schema extends DescMessage> = Extract<MessageInitShape<Schema>, { $typeName?: never }>;
export type SandboxConfig = Plain<typeof PodSandboxConfigSchema>;
export type ContainerConfig = Plain<typeof ContainerConfigSchema>;

export interface SandboxWishes {
  readonly name?: string;
  readonly attempt?: number;
  readonly namespaces?: Plain<typeof NamespaceOptionSchema>;
  readonly privileged?: boolean;
  readonly more?: SandboxConfig;
  readonly sysctls?: Record<string, string>;
}

export interface ContainerWishes extends ContainerConfig {
  readonly name?: string;
  readonly attempt?: number;
  readonly security?: Plain<typeof LinuxContainerSecurityContextSchema>;
}

export class Subject implements AsyncDisposable {
  readonly name: SubjectName;
  readonly endpoint: string;
  readonly runtime: ServiceClient<typeof RuntimeService>;
  readonly images: ServiceClient<typeof ImageService>;
  readonly directory = mkdtempSync(join(tmpdir(), 'peapod-conformance-'));
  readonly cgroupParent: string;
  /** Of the image that all containers are made of; its reference in the registry. */
  readonly image: string;
  readonly #connection: GrpcConnection;
  readonly #stop: () => Promise<void>;
  #count = 0;
  #common: Pod | undefined;

  constructor(options: {
    name: SubjectName;
    endpoint: string;
    image: string;
    stop: () => Promise<void>;
  }) {
    // Root of a user namespace has to get to what is mounted.
    chmodSync(this.directory, 0o711);
    this.name = options.name;
    this.endpoint = options.endpoint;
    this.image = options.image;
    this.#stop = options.stop;
    this.cgroupParent = `/conformance-${options.name}-${process.pid}`;
    this.#connection = openGrpcConnection({ path: options.endpoint.replace('unix://', '') });
    this.runtime = this.#connection.service(RuntimeService);
    this.images = this.#connection.service(ImageService);
  }

  sandboxConfig({
    name,
    attempt = 0,
    namespaces,
    more = {},
    sysctls = {},
    privileged = false,
  }: SandboxWishes = {}): SandboxConfig {
    const own = name ?? `pod-${this.#count++}`;
    const logDirectory = join(this.directory, 'logs', own);
    mkdirSync(logDirectory, { recursive: true });
    return {
      metadata: { name: own, namespace: 'conformance', uid: `uid-${own}`, attempt },
      hostname: own,
      logDirectory,
      labels: { pod: own, suite: 'conformance' },
      annotations: { 'example.com/note': own },
      ...more,
      linux: {
        cgroupParent: this.cgroupParent,
        sysctls,
        securityContext: {
          namespaceOptions: namespaces ?? { pid: NamespaceMode.CONTAINER },
          privileged,
        },
      },
    };
  }

  /** Runs a sandbox. */
  async pod(wishes: SandboxWishes = {}): Promise<Pod> {
    const config = this.sandboxConfig(wishes);
    const { podSandboxId } = await this.runtime.runPodSandbox({ config });
    return { id: podSandboxId, config };
  }

  /** A sandbox for those that only need one to be in. */
  async common(): Promise<Pod> {
    this.#common ??= await this.pod({ name: 'common' });
    return this.#common;
  }

  containerConfig(wishes: ContainerWishes = {}): ContainerConfig {
    const { name, attempt = 0, security = {}, ...more } = wishes;
    const own = name ?? `container-${this.#count++}`;
    const namespaceOptions = { pid: NamespaceMode.CONTAINER };
    return {
      metadata: { name: own, attempt },
      image: { image: this.image },
      command: ['sh', '-c', 'trap exit TERM; sleep 1000 & wait'],
      labels: { container: own },
      annotations: { 'example.com/note': own },
      logPath: `${own}.log`,
      linux: { securityContext: { namespaceOptions, ...security } },
      ...more,
    };
  }

  async created({ id, config: sandboxConfig }: Pod, wishes: ContainerWishes = {}): Promise<string> {
    const config = this.containerConfig(wishes);
    const request = { podSandboxId: id, config, sandboxConfig };
    return (await this.runtime.createContainer(request)).containerId;
  }

  async started(pod: Pod, wishes: ContainerWishes = {}): Promise<string> {
    const containerId = await this.created(pod, wishes);
    await this.runtime.startContainer({ containerId });
    return containerId;
  }

  /** What a shell in the container prints. */
  async shell(containerId: string, script: string): Promise<string> {
    const { stdout } = await this.runtime.execSync({ containerId, cmd: ['sh', '-c', script] });
    return Buffer.from(stdout).toString();
  }

  async status(containerId: string) {
    const { status } = await this.runtime.containerStatus({ containerId });
    if (status === undefined) throw new Error('a response without a status');
    return status;
  }

  logOf(pod: Pod, name: string): string {
    return join(pod.config.logDirectory ?? '', `${name}.log`);
  }

  /** Takes away what a case has made. */
  async clear(): Promise<void> {
    const [{ items }, { containers }] = await Promise.all([
      this.runtime.listPodSandbox({}),
      this.runtime.listContainers({}),
    ]);
    const common = this.#common?.id;
    const guests = containers.filter(({ podSandboxId }) => podSandboxId === common);
    await Promise.all([
      ...items.map(async ({ id: podSandboxId }) => {
        if (podSandboxId === common) return;
        await this.runtime.stopPodSandbox({ podSandboxId });
        await this.runtime.removePodSandbox({ podSandboxId });
      }),
      ...guests.map(({ id: containerId }) => this.runtime.removeContainer({ containerId })),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#common = undefined;
    await this.clear();
    this.#connection[Symbol.dispose]();
    await this.#stop();
    removeCgroups(this.cgroupParent);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface Pod {
  readonly id: string;
  readonly config: SandboxConfig;
}
