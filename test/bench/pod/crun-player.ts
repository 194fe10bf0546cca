import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryFolder } from './memory-folder.ts';
import type { BenchPod, Player } from './player.ts';

const SHARED = ['network', 'ipc', 'uts'];

interface Spec {
  process: { terminal: boolean; args: string[]; rlimits?: unknown };
  root: { path: string; readonly: boolean };
  linux: { namespaces: { type: string; path?: string }[] };
}

/**
 * What cannot be undercut with crun: the infra container, then all others in parallel in its namespaces, from bundles that lie ready. No
 * network, no output kept, nobody who waits for an exit code.
 */
export async function crunPlayer(): Promise<Player> {
  const state = await memoryFolder();
  const directory = await mkdtemp(join(tmpdir(), 'peapod-bench-crun-'));
  const rootfs = join(directory, 'rootfs');
  await mkdir(join(rootfs, 'bin'), { recursive: true });
  await cp('/bin/busybox', join(rootfs, 'bin/busybox'));
  await symlink('busybox', join(rootfs, 'bin/sleep'));
  const crun = async (...args: string[]): Promise<void> => {
    // A pipe would be held open by the containers.
    const child = spawn('crun', ['--root', state.path, ...args], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`crun ${args.join(' ')} ended with ${code}`);
  };
  await crun('spec');
  const template = await readFile(join(directory, 'config.json'), 'utf8');

  async function start(id: string, infraPid?: number): Promise<number> {
    const spec = JSON.parse(template) as Spec;
    spec.process.terminal = false;
    spec.process.args = ['sleep', '100000'];
    delete spec.process.rlimits;
    spec.root = { path: rootfs, readonly: true };
    spec.linux.namespaces = spec.linux.namespaces
      .filter(({ type }) => type !== 'cgroup')
      .map(({ type }) =>
        infraPid !== undefined && SHARED.includes(type)
          ? { type, path: `/proc/${infraPid}/ns/${type === 'network' ? 'net' : type}` }
          : { type },
      );
    const bundle = join(directory, id);
    await mkdir(bundle);
    await writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
    const pidFile = join(bundle, 'pid');
    await crun('run', '--detach', '--bundle', bundle, '--pid-file', pidFile, id);
    return Number(await readFile(pidFile, 'utf8'));
  }

  const idsOf = ({ name, containers }: BenchPod) =>
    Array.from({ length: containers }, (_, index) => `${name}-c${index}`);
  const end = async (id: string) => {
    await crun('delete', '--force', id);
    await rm(join(directory, id), { recursive: true, force: true });
  };
  return {
    name: 'bare crun',
    start: async (pod) => {
      const infraPid = await start(`${pod.name}-infra`);
      await Promise.all(idsOf(pod).map((id) => start(id, infraPid)));
    },
    remove: async (pod) => {
      await Promise.all(idsOf(pod).map(end));
      await end(`${pod.name}-infra`);
    },
    async [Symbol.asyncDispose]() {
      await rm(directory, { recursive: true, force: true });
      await state[Symbol.asyncDispose]();
    },
  };
}
