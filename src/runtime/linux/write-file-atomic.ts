import * as promises from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closeSync, fchmodSync, writeFileSync } from 'node:fs';
import { externalStep } from './external-step.ts';
import { open, openSync, rename, renameSync, rm, rmSync } from './files.ts';
import { readProcessStat } from './proc.ts';

let written = 0;

interface WriteOptions {
  mode?: number;
  durable?: boolean;
}

/**
 * Replaces a file as a whole: a reader, or a machine that lost power, sees the old content or the new one.
 * @param options.durable false: a machine that loses power may lose it. Then nothing waits for a disk, and all is done before this returns
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  written += 1;
  const temporary = `${path}.${process.pid}.${written}.tmp`;
  if (options.durable === false) replaceNow(path, temporary, content, options.mode);
  else await replaceDurably(path, temporary, content, options.mode);
}

/** To have another thread make each of the calls costs several times what they take. */
function replaceNow(
  path: string,
  temporary: string,
  content: string | Uint8Array,
  mode: number | undefined,
): void {
  try {
    const file = openSync(temporary, 'wx', mode ?? 0o600);
    try {
      externalStep('write', temporary, () => writeFileSync(file, content), {
        half: () => writeFileSync(file, content.slice(0, content.length / 2)),
      });
      // What open(2) makes of a mode depends on the umask.
      if (mode !== undefined) fchmodSync(file, mode);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

async function replaceDurably(
  path: string,
  temporary: string,
  content: string | Uint8Array,
  mode: number | undefined,
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', mode ?? 0o600);
    try {
      await externalStep('write', temporary, async () => await file.writeFile(content), {
        half: () => file.writeFile(content.slice(0, content.length / 2)),
      });
      // What open(2) makes of a mode depends on the umask.
      if (mode !== undefined) await file.chmod(mode);
      await externalStep('sync', temporary, async () => await file.sync());
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Deletes what processes that are gone left half-written in a directory; none there is fine. */
export async function removeTorn(directory: string): Promise<void> {
  const names = await promises.readdir(directory).catch((): string[] => []);
  for (const name of names) {
    const writer = TEMPORARY.exec(name)?.[1];
    if (writer === undefined || readProcessStat(Number(writer)) !== undefined) continue;
    await rm(join(directory, name), { force: true });
  }
}

const TEMPORARY = /\.(\d+)\.\d+\.tmp$/;

async function syncDirectory(path: string): Promise<void> {
  const directory = await promises.open(path, 'r');
  try {
    await externalStep('sync', path, async () => await directory.sync());
  } finally {
    await directory.close();
  }
}
