/**
 * Writes the files of a volume so that a reader sees all of the old content or all of the new one:
 *
 *     ..2026-01-02T03-04-05.000Z.x7Gh2k/    the files
 *     ..data -> ..2026-01-02T…              switched by one rename
 *     key -> ..data/key                     what users see
 *
 * Every time, a new directory with an unforeseeable name is filled: nothing that a container may have put in the way is written to.
 * @see kubernetes/pkg/volume/util/atomic_writer.go
 */
import {
  chmod,
  lchown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Payload } from './payload.ts';

const DATA = '..data';
const NEW_DATA = '..data_tmp';

export interface WriteOptions {
  /** The group that owns the files and may read them; absent: root's. */
  fsGroup: number | undefined;
  /** The time that goes into the directory's name, milliseconds since the epoch. */
  now: number;
}

/** Brings the directory's content up to date; what is as it should be is left alone. */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  options: WriteOptions,
): Promise<void> {
  const current = await readlink(join(directory, DATA)).catch(() => undefined);
  if (current !== undefined && (await holds(join(directory, current), payload, options.fsGroup))) {
    await linkNames(directory, payload);
    return;
  }
  const stamp = new Date(options.now).toISOString().replaceAll(':', '-');
  const fresh = await mkdtemp(join(directory, `..${stamp}.`));
  await chmod(fresh, 0o755);
  await writeFiles(fresh, payload, options.fsGroup);
  await rm(join(directory, NEW_DATA), { force: true });
  await symlink(fresh.slice(directory.length + 1), join(directory, NEW_DATA));
  await rename(join(directory, NEW_DATA), join(directory, DATA));
  await linkNames(directory, payload);
  await removeOld(directory, fresh.slice(directory.length + 1), payload);
}

async function writeFiles(root: string, payload: Payload, fsGroup: number | undefined): Promise<void> {
  for (const [path, { data, mode }] of payload) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await writeFile(file, data, { flag: 'wx', mode: 0o600 });
    if (fsGroup !== undefined) await lchown(file, 0, fsGroup);
    await chmod(file, effectiveMode(mode, fsGroup));
  }
}

/** The group of the pod can read what root can. */
function effectiveMode(mode: number, fsGroup: number | undefined): number {
  return fsGroup === undefined ? mode : mode | ((mode & 0o500) >> 3);
}

async function holds(root: string, payload: Payload, fsGroup: number | undefined): Promise<boolean> {
  const present = await filesBelow(root);
  if (present.length !== payload.size) return false;
  for (const [path, { data, mode }] of payload) {
    const file = join(root, path);
    const [content, stats] = await Promise.all([
      readFile(file).catch(() => undefined),
      stat(file).catch(() => undefined),
    ]);
    const sameMode = stats !== undefined && (stats.mode & 0o7777) === effectiveMode(mode, fsGroup);
    if (content?.equals(data) !== true || !sameMode || stats.gid !== (fsGroup ?? stats.gid)) return false;
  }
  return true;
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
}

async function linkNames(directory: string, payload: Payload): Promise<void> {
  for (const name of topNames(payload)) {
    const target = join(DATA, name);
    if ((await readlink(join(directory, name)).catch(() => undefined)) === target) continue;
    await rm(join(directory, name), { recursive: true, force: true });
    await symlink(target, join(directory, name));
  }
}

async function removeOld(directory: string, fresh: string, payload: Payload): Promise<void> {
  const wanted = new Set([DATA, fresh, ...topNames(payload)]);
  for (const name of await readdir(directory)) {
    if (!wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

function topNames(payload: Payload): Set<string> {
  return new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path));
}
