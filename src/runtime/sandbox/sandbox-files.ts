import { readFile } from 'node:fs/promises';
import { mount, umountAll } from '../linux/mount.ts';
import type { DnsConfig, NamespaceOptions, PodSandboxConfig } from '../pod-runtime.ts';
import type { SandboxPaths } from './sandbox-paths.ts';
import { mkdir, rm, writeFile } from '../linux/files.ts';

const SHM_SIZE = '64m';

/** Makes what all containers of the pod mount: `/dev/shm`, `/etc/resolv.conf`, `/etc/hostname`; and the log directory. */
export async function makeSandboxFiles(paths: SandboxPaths, config: PodSandboxConfig): Promise<void> {
  await mkdir(paths.bundle, { recursive: true, mode: 0o700 });
  if (config.linux.namespaces.ipc === 'POD') await mountShm(paths.shm, config);
  await writeSandboxFiles(paths, config);
}

/** The part of it that tells one pod from another. */
export async function writeSandboxFiles(paths: SandboxPaths, config: PodSandboxConfig): Promise<void> {
  if (config.logDirectory !== '') await mkdir(config.logDirectory, { recursive: true, mode: 0o755 });
  const dns =
    config.dns === undefined
      ? await readFile('/etc/resolv.conf', 'utf8').catch(() => '')
      : resolvConf(config.dns);
  await writeFile(paths.resolvConf, dns, { mode: 0o644 });
  if (config.hostname !== '') await writeFile(paths.hostname, `${config.hostname}\n`, { mode: 0o644 });
}

/** Takes it all away; gone is fine. */
export async function removeSandboxFiles(paths: SandboxPaths): Promise<void> {
  umountAll(paths.shm);
  await rm(paths.directory, { recursive: true, force: true });
}

async function mountShm(path: string, { linux }: PodSandboxConfig): Promise<void> {
  umountAll(path);
  await mkdir(path, { recursive: true, mode: 0o1777 });
  mount({
    source: 'shm',
    target: path,
    type: 'tmpfs',
    flags: 0x2 | 0x4 | 0x8,
    data: `mode=1777,size=${SHM_SIZE}${ownerOptions(linux.namespaces)}`,
  });
}

/** The root of the pod's user namespace, where it has one. */
function ownerOptions({ userns }: NamespaceOptions): string {
  if (userns === undefined) return '';
  return `,uid=${userns.uids[0]?.hostId ?? 0},gid=${userns.gids[0]?.hostId ?? 0}`;
}

/** @see resolv.conf(5) */
export function resolvConf({ servers, searches, options }: DnsConfig): string {
  const lines = servers.map((server) => `nameserver ${server}`);
  if (searches.length > 0) lines.push(`search ${searches.join(' ')}`);
  if (options.length > 0) lines.push(`options ${options.join(' ')}`);
  return lines.map((line) => `${line.replace(/[\n\r]/g, ' ')}\n`).join('');
}
