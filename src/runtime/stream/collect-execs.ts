import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rm } from '../linux/files.ts';
import { killTree } from '../linux/kill-tree.ts';
import { readProcessCgroups, readProcessStat } from '../linux/proc.ts';

/** `exec-<PID of whoever asked for it>-<random>.json` or `.pid` */
const EXEC_FILE = /^exec-(\d+)-[0-9a-f]+\.(json|pid)/;

/**
 * Ends the commands in a container whose asker was killed: nobody reads what they write, nor will learn how they end. And removes their files.
 * @param bundle where the files lie; none is fine
 */
export async function collectExecs(bundle: string, containerId: string): Promise<void> {
  const names = await readdir(bundle).catch((): string[] => []);
  for (const name of names) {
    const [, asker, kind] = EXEC_FILE.exec(name) ?? [];
    if (asker === undefined || readProcessStat(Number(asker)) !== undefined) continue;
    if (kind === 'pid') await endCommand(join(bundle, name), containerId);
    await rm(join(bundle, name), { force: true });
  }
}

/** If the process of that number is the container's still. */
async function endCommand(pidFile: string, containerId: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10) || 0;
  if (pid > 1 && readProcessCgroups(pid).some(({ path }) => path.includes(containerId))) killTree(pid);
}
