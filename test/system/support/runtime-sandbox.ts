/** Our runtime with a busybox image and one pod's sandbox, for tests of containers in it. */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/cli/system-clock.ts';
import { writeBusyboxRoot } from '../../../src/runtime/container/testing/busybox-image.ts';
import { type LocalRuntime, openLocalRuntime } from '../../../src/runtime/local-runtime.ts';
import { type RuntimePaths, runtimePaths } from '../../../src/runtime/paths.ts';

export interface RuntimeSandbox {
  readonly directory: string;
  readonly paths: RuntimePaths;
  readonly cgroupParent: string;
  readonly runtime: LocalRuntime;
  /** The image's id. */
  readonly image: string;
  /** The sandbox's id. */
  readonly sandbox: string;
  /** Another process's view of the same. */
  readonly open: () => Promise<LocalRuntime>;
  /** Processes, mounts and cgroups that know of our directory, and of a container of this id. */
  readonly leaks: (id: string) => string[];
  /** Removes all. @throws Error when something is left */
  close(): Promise<void>;
}

/** @param network of the test alone: a bridge's name and a subnet */
export async function openRuntimeSandbox(
  name: string,
  network: { bridge: string; subnet: string },
): Promise<RuntimeSandbox> {
  const directory = mkdtempSync(join(tmpdir(), `peapod-${name}-`));
  const paths = runtimePaths(join(directory, 'lib'), join(directory, 'run'));
  const cgroupParent = `/peapod-${name}-${process.pid}`;
  const open = () =>
    openLocalRuntime({
      paths,
      clock: systemClock,
      version: 'test',
      cgroupParent,
      network: { ...network, confDir: join(directory, 'net.d') },
    });
  const runtime = await open();
  mkdirSync(paths.containers, { recursive: true });
  const root = join(directory, 'rootfs');
  writeBusyboxRoot(root);
  execFileSync('tar', ['-C', root, '-cf', join(directory, 'rootfs.tar'), '.']);
  const image = await runtime.images.importRootfs(join(directory, 'rootfs.tar'), {
    config: { env: ['PATH=/bin'] },
  });
  const sandbox = await runtime.runPodSandbox({
    metadata: { name, namespace: 'default', uid: name, attempt: 0 },
    hostname: name,
    logDirectory: join(paths.logs, name),
    portMappings: [],
    labels: {},
    annotations: {},
    linux: {
      cgroupParent: await runtime.podCgroups.ensure({ uid: name, qosClass: 'BestEffort' }, {}),
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      sysctls: {},
      securityContext: {},
    },
  });

  function leaks(id: string): string[] {
    const commands = readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && pid !== String(process.pid))
      .map(commandOf)
      .filter((command) => command.includes(`${directory}/`) && command.includes(id))
      .filter((command) => !command.includes('crash-client'));
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`${directory}/`) && line.includes(id));
    const cgroups = id === '' ? [] : globSync(`/sys/fs/cgroup/{,*}${cgroupParent}/**/${id}`);
    return [...commands, ...mounts, ...cgroups];
  }

  return {
    directory,
    paths,
    cgroupParent,
    runtime,
    image: image.id,
    sandbox,
    open,
    leaks,
    async close() {
      await runtime.removePodSandbox(sandbox);
      await runtime.podCgroups.remove(name);
      await runtime[Symbol.asyncDispose]();
      const left = [...leaks(''), ...globSync(`/sys/fs/cgroup/{,*}${cgroupParent}`)];
      rmSync(directory, { recursive: true });
      if (left.length > 0) throw new Error(`left over: ${left.join('; ')}`);
    },
  };
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
