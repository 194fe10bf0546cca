import * as promises from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { externalStep } from './external-step.ts';
import { open, rename, rm } from './files.ts';
import { readProcessStat } from './proc.ts';

let written = 0;

/** Replaces a file as a whole: a reader, or a machine that lost power, sees the old content or the new one. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: { mode?: number; durable?: boolean } = {},
): Promise<void> {
  written += 1;
  const temporary = `${path}.${process.pid}.${written}.tmp`;
  try {
    const file = await open(temporary, 'wx', options.mode ?? 0o600);
    try {
      await externalStep('write', temporary, async () => await file.writeFile(content), {
        half: () => file.writeFile(content.slice(0, content.length / 2)),
      });
      // What open(2) makes of a mode depends on the umask.
      if (options.mode !== undefined) await file.chmod(options.mode);
      if (options.durable !== false) await externalStep('sync', temporary, async () => await file.sync());
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (options.durable !== false) await syncDirectory(dirname(path));
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
