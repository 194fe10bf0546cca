/** `peapod cri` on an installation of a test's own, with a client, and an image of busybox. */
import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type ContainerConfigSchema,
  ImageService,
  type LinuxContainerSecurityContextSchema,
  NamespaceMode,
  type PodSandboxConfigSchema,
  RuntimeService,
} from '../../../src/cri/api/runtime_pb.ts';
import { openGrpcConnection, type ServiceClient } from '../../../src/cri/grpc/grpc-client.ts';
import { writeBusyboxRoot } from '../../../src/runtime/container/testing/busybox-image.ts';
import { leaksSince, takeSnapshot } from './leaks.ts';
import { cgroupOf, type RunningPeapod, startPeapod, type TestPeapod } from './peapod.ts';

export type SandboxConfig = MessageInitShape<typeof PodSandboxConfigSchema>;
export type ContainerConfig = MessageInitShape<typeof ContainerConfigSchema>;
export type ContainerSecurity = MessageInitShape<typeof LinuxContainerSecurityContextSchema>;

export const IMAGE = 'localhost/busybox:test';

export interface TestCri extends AsyncDisposable {
  readonly peapod: TestPeapod;
  readonly socket: string;
  readonly runtime: ServiceClient<typeof RuntimeService>;
  readonly images: ServiceClient<typeof ImageService>;
  server(): RunningPeapod;
  /** Kills the server with SIGKILL and starts it anew. */
  restart(): Promise<void>;
  /** Runs a pod and returns its id. */
  runPod(name: string, more?: SandboxConfig): Promise<string>;
  /** Creates a container of a shell script, starts it, and returns its id. */
  runShell(sandbox: string, name: string, script: string, more?: ContainerConfig): Promise<string>;
  /** What the container wrote to its log, whole lines without their heads. */
  logOf(containerId: string): Promise<string>;
}

type More<Message> = Omit<Message, '$typeName' | '$unknown'>;

export function sandboxConfig(
  name: string,
  logDirectory: string,
  more: More<SandboxConfig> = {},
): SandboxConfig {
  return {
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    hostname: name,
    logDirectory: join(logDirectory, name),
    linux: { securityContext: { namespaceOptions: { pid: NamespaceMode.CONTAINER } } },
    ...more,
  };
}

export function shellConfig(name: string, script: string, more: More<ContainerConfig> = {}): ContainerConfig {
  return {
    metadata: { name },
    image: { image: IMAGE },
    command: ['/bin/sh', '-c', script],
    logPath: `${name}.log`,
    linux: { securityContext: { namespaceOptions: { pid: NamespaceMode.CONTAINER } } },
    ...more,
  };
}

/**
 * Disposing removes all pods, and fails with what they left on the machine.
 * @param options.wrapper a command that the server is run by
 */
export async function startCri({ wrapper = [] }: { wrapper?: readonly string[] } = {}): Promise<TestCri> {
  const peapod = await startPeapod();
  const { directory, root, bridge, subnet } = peapod;
  const second = Number(subnet.split('.')[1]) + 2;
  const scope = {
    directory,
    bridge: `${bridge.slice(0, 14)}c`,
    subnet: subnet.replace(/^10\.\d+/, `10.${second}`),
    cgroup: cgroupOf(join(root, 'cri')),
  };
  const before = await takeSnapshot(scope);
  await importBusybox(peapod);
  const socket = join(peapod.run, 'cri.sock');
  const start = async (): Promise<RunningPeapod> => {
    const started = peapod.start(['cri'], {}, wrapper);
    await started.untilPrinted('Serving CRI v1');
    return started;
  };
  let server = await start();
  const connection = openGrpcConnection({ path: socket });
  const runtime = connection.service(RuntimeService);
  const logs = join(directory, 'logs');
  return {
    peapod,
    socket,
    runtime,
    images: connection.service(ImageService),
    server: () => server,
    async restart() {
      server.signal('SIGKILL');
      await server.ended();
      server = await start();
    },
    runPod: async (name, more) =>
      (await runtime.runPodSandbox({ config: sandboxConfig(name, logs, more) })).podSandboxId,
    async runShell(podSandboxId, name, script, more) {
      const config = shellConfig(name, script, more);
      const { containerId } = await runtime.createContainer({ podSandboxId, config });
      await runtime.startContainer({ containerId });
      return containerId;
    },
    async logOf(containerId) {
      const { status } = await runtime.containerStatus({ containerId });
      const { readFile } = await import('node:fs/promises');
      const text = await readFile(status?.logPath ?? '', 'utf8');
      return text.replace(/^\S+ (?:stdout|stderr) F /gm, '');
    },
    async [Symbol.asyncDispose]() {
      for (const { id } of (await runtime.listPodSandbox({})).items)
        await runtime.removePodSandbox({ podSandboxId: id });
      connection[Symbol.dispose]();
      server.signal('SIGTERM');
      const { code, stderr } = await server.ended();
      const leaks = await leaksSince(before, scope);
      await peapod[Symbol.asyncDispose]();
      if (code !== 0 || stderr !== '') throw new Error(`peapod cri ended with ${code}: ${stderr}`);
      if (leaks.length > 0) throw new Error(`left on the machine:\n${leaks.join('\n')}`);
    },
  };
}

async function importBusybox(peapod: TestPeapod): Promise<void> {
  const rootfs = join(peapod.directory, 'rootfs');
  writeBusyboxRoot(rootfs);
  const tar = join(peapod.directory, 'rootfs.tar');
  execFileSync('tar', ['-C', rootfs, '-cf', tar, '.']);
  await peapod.succeed(['import', tar, IMAGE, '-c', 'ENV PATH=/bin', '-c', 'USER 33:77']);
  await rm(rootfs, { recursive: true });
}
