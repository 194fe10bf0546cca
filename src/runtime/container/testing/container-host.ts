/** A machine for tests of the container room alone: a busybox image, and sandboxes whose infra process is `unshare sleep`. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type RuntimePaths, runtimePaths } from '../../paths.ts';
import type { ContainerConfig, ImageStatus, PodSandboxConfig } from '../../pod-runtime.ts';
import type { ContainerCgroups, ContainerContext, ContainerSandbox } from '../container-context.ts';
import { listContainerIds } from '../container-record.ts';
import { readHostFacts } from '../read-host-facts.ts';
import { removeContainer } from '../remove-container.ts';
import { imageStatusOf, writeBusyboxRoot } from './busybox-image.ts';

export interface ContainerHost extends AsyncDisposable {
  readonly context: ContainerContext;
  readonly sandbox: ContainerSandbox;
  readonly directory: string;
  readonly cgroupParent: string;
  readonly imageRoot: string;
  image: ImageStatus;
}

export async function openContainerHost(
  options: { runtime?: 'crun' | 'runc'; pid?: 'CONTAINER' | 'POD' } = {},
): Promise<ContainerHost> {
  const directory = mkdtempSync(join(tmpdir(), 'peapod-container-'));
  const paths = runtimePaths(join(directory, 'lib'), join(directory, 'run'));
  const imageRoot = join(directory, 'image');
  writeBusyboxRoot(imageRoot);
  const cgroupParent = `/peapod-test-${process.pid}-${Math.trunc(Math.random() * 1e9)}`;
  const infra = spawn(
    'unshare',
    [
      '--net',
      '--ipc',
      '--uts',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      '-c',
      'hostname pod; exec busybox sleep 1000',
    ],
    {
      stdio: 'ignore',
    },
  );
  const infraPid = await childOf(infra);
  const program = options.runtime ?? 'crun';
  const runtime = {
    path: program === 'crun' ? '/usr/bin/crun' : '/usr/sbin/runc',
    globalArgs: ['--root', join(paths.run, program)],
  };
  const sandbox = {
    ...testSandbox(directory, cgroupParent, infraPid, options.pid ?? 'CONTAINER'),
    runtime,
  };
  const host = { image: imageStatusOf('sha256:busybox') };
  const context: ContainerContext = {
    paths,
    clock: {
      now: () => Date.now(),
      sleep: (ms, { signal } = {}) => delay(Math.max(0, ms), undefined, signal ? { signal } : {}),
    },
    conmon: 'conmon',
    runtime,
    systemd: false,
    cdiDirectories: [join(directory, 'cdi')],
    host: await readHostFacts({ ociVersion: '1.0.0', cgroupMode: 'v1' }),
    cgroups: hybridCgroups(cgroupParent),
    images: {
      imageStatus: async (reference) => (reference === host.image.id ? host.image : undefined),
      rootfsLayers: async () => [imageRoot],
    },
    sandboxes: { get: async () => sandbox },
  };
  return {
    context,
    sandbox,
    directory,
    cgroupParent,
    imageRoot,
    get image() {
      return host.image;
    },
    set image(image) {
      host.image = image;
    },
    [Symbol.asyncDispose]: () => closeHost(context, infra, directory, cgroupParent, paths),
  };
}

/** A container that runs `command` in the shell. */
export function shellContainer(
  name: string,
  command: string,
  more: Partial<ContainerConfig> = {},
): ContainerConfig {
  return {
    metadata: { name, attempt: 0 },
    image: 'sha256:busybox',
    userImage: 'busybox:test',
    command: ['sh', '-c', command],
    args: [],
    workingDir: '',
    env: [],
    mounts: [],
    devices: [],
    labels: { name },
    annotations: {},
    logPath: `${name}/0.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: { resources: {}, securityContext: { seccomp: { type: 'RuntimeDefault' } } },
    ...more,
  };
}

function testSandbox(
  directory: string,
  cgroupParent: string,
  infraPid: number,
  pid: 'CONTAINER' | 'POD',
): Omit<ContainerSandbox, 'runtime'> {
  const files = join(directory, 'sandbox');
  mkdirSync(join(files, 'shm'), { recursive: true });
  writeFileSync(join(files, 'hostname'), 'pod\n');
  writeFileSync(join(files, 'resolv.conf'), 'nameserver 192.0.2.1\n');
  const namespaces = { network: 'POD', ipc: 'POD', pid } as const;
  const config: PodSandboxConfig = {
    metadata: { name: 'pod', namespace: 'default', uid: 'uid', attempt: 0 },
    hostname: 'pod',
    logDirectory: join(directory, 'logs'),
    portMappings: [],
    labels: {},
    annotations: {},
    linux: { cgroupParent, namespaces, sysctls: {}, securityContext: {} },
  };
  return {
    id: 'a'.repeat(64),
    config,
    ready: true,
    infraPid,
    hostname: 'pod',
    shmPath: join(files, 'shm'),
    hostnamePath: join(files, 'hostname'),
    resolvConfPath: join(files, 'resolv.conf'),
  };
}

async function childOf(parent: ChildProcess): Promise<number> {
  for (;;) {
    const children = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim();
    const pid = Number(children.split(' ')[0]);
    if (children !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('busybox')) return pid;
    await delay(5);
  }
}

async function closeHost(
  context: ContainerContext,
  infra: ChildProcess,
  directory: string,
  cgroupParent: string,
  paths: RuntimePaths,
): Promise<void> {
  for (const id of await listContainerIds(paths.containers)) await removeContainer(context, id);
  infra.kill('SIGKILL');
  await context.cgroups.remove(cgroupParent);
  await context.cgroups.remove(`${cgroupParent}-conmon`);
  rmSync(directory, { recursive: true, force: true });
}

/** Version 1 and hybrid by the shortest way. */
function hybridCgroups(parent: string): ContainerCgroups {
  const roots = readdirSync('/sys/fs/cgroup')
    .map((name) => join('/sys/fs/cgroup', name))
    .filter((root) => existsSync(join(root, 'cgroup.procs')));
  const at = (path: string) => roots.map((root) => join(root, path)).filter((path) => existsSync(path));
  const memory = (path: string, file: string) => {
    const full = join('/sys/fs/cgroup/memory', path, file);
    return existsSync(full) ? readFileSync(full, 'utf8') : '';
  };
  return {
    enterConmon: async (pid) => {
      const directory = join('/sys/fs/cgroup/pids', `${parent}-conmon`);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    },
    kill: async (path) => {
      for (const directory of at(path)) {
        for (const pid of readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
          try {
            process.kill(Number(pid), 'SIGKILL');
          } catch {
            // Gone by itself.
          }
        }
      }
    },
    remove: async (path) => {
      for (let round = 0; at(path).length > 0 && round < 100; round++) {
        for (const directory of at(path)) removeTree(directory);
        if (at(path).length > 0) await delay(10);
      }
    },
    oomKills: async (path) => Number(/^oom_kill (\d+)/m.exec(memory(path, 'memory.oom_control'))?.[1] ?? 0),
    processes: async (path) =>
      at(path).flatMap((directory) =>
        readFileSync(join(directory, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number),
      ),
    details: () => Promise.reject(new Error('not in this test')),
    stats: async (path) => ({
      cpuUsageNanoCoreSeconds: 0,
      memoryWorkingSetBytes: 0,
      memoryUsageBytes: Number(memory(path, 'memory.usage_in_bytes')),
      memoryRssBytes: 0,
      memoryPageFaults: 0,
      memoryMajorPageFaults: 0,
      memoryAvailableBytes: undefined,
      processCount: 0,
    }),
  };
}

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  }
  try {
    rmdirSync(directory);
  } catch {
    // Still in use: the caller tries again.
  }
}
