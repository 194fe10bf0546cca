/** Which OCI runtime to use, and how to call it. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { OciRuntimeCommand } from '../container/container-context.ts';
import { type MountEntry, readMounts, readProcessCgroups } from '../linux/proc.ts';

export interface OciRuntime extends OciRuntimeCommand {
  name: 'crun' | 'runc';
  /** Why it is not crun, the faster one. */
  note: string | undefined;
  /** What it accepts: crun 1.8 refuses versions it does not know. */
  ociVersion: string;
}

export interface OciRuntimes {
  /** crun where it works, else runc. */
  readonly preferred: OciRuntime;
  readonly usable: readonly OciRuntime[];
}

const OCI_VERSION = '1.0.2';

/**
 * The OCI runtimes that work on this host.
 * @param stateDir where the runtime keeps its own state, on a tmpfs
 * @throws PeapodError MissingPrerequisite
 */
export async function findOciRuntimes(
  stateDir: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<OciRuntimes> {
  const [crun, runc] = await Promise.all([findProgram('crun', env), findProgram('runc', env)]);
  const obstacle =
    crun === undefined
      ? 'crun is not installed'
      : crunObstacle(await readMounts(), readProcessCgroups('self'));
  const usable: OciRuntime[] = [];
  if (crun !== undefined && obstacle === undefined) usable.push(command('crun', crun, stateDir, undefined));
  if (runc !== undefined) usable.push(command('runc', runc, stateDir, obstacle));
  const [preferred] = usable;
  if (preferred !== undefined) return { preferred, usable };
  throw new PeapodError(
    'MissingPrerequisite',
    `no OCI runtime works on this host: ${obstacle}, and runc is not installed`,
    {
      hint: 'apt-get install crun runc, then peapod system doctor --fix',
    },
  );
}

/**
 * Why crun can't work here: it refuses a hybrid host whose unified hierarchy still holds controllers.
 * They are those that /proc names in no version 1 hierarchy and that `cgroup.controllers` lists.
 */
export function crunObstacle(
  mounts: readonly MountEntry[],
  own: readonly { controllers: readonly string[] }[],
): string | undefined {
  const unified = mounts.find(
    ({ type, mountPoint }) => type === 'cgroup2' && mountPoint !== '/sys/fs/cgroup',
  );
  const isHybrid = unified !== undefined && mounts.some(({ type }) => type === 'cgroup');
  if (!isHybrid) return undefined;
  const inVersion1 = own.flatMap(({ controllers }) => controllers);
  return inVersion1.includes('hugetlb')
    ? undefined
    : 'crun does not work while cgroup v2 holds the hugetlb controller beside cgroup v1';
}

/** @returns the program's path, or undefined when it is not on PATH */
export async function findProgram(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  for (const folder of [...(env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/bin', '/sbin', '/bin']) {
    if (!folder.startsWith('/')) continue;
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

function command(
  name: 'crun' | 'runc',
  path: string,
  stateDir: string,
  note: string | undefined,
): OciRuntime {
  return { name, path, note, ociVersion: OCI_VERSION, globalArgs: ['--root', stateDir] };
}
