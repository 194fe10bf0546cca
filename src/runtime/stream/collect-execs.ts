import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endUnfinished } from '../linux/end-unfinished.ts';
import { rm } from '../linux/files.ts';
import { findPrograms } from '../linux/find-programs.ts';
import { killTree } from '../linux/kill-tree.ts';
import { readProcessCgroups, readProcessStat } from '../linux/proc.ts';

/** `exec-<PID of whoever asked for it>-<random>.json` or `.pid` */
const EXEC_FILE = /^(exec-(\d+)-[0-9a-f]+)\.(json|pid)/;

/**
 * Ends the commands in a container whose asker was killed: nobody reads what they write, nor will learn how they end. And removes their files.
 * @param bundle where the files lie; none is fine
 * @param runtime the OCI runtime's program
 */
export async function collectExecs(bundle: string, containerId: string, runtime: string): Promise<void> {
  const left = await abandonedFiles(bundle);
  if (left.length === 0) return;
  const requests = new Set(left.map(({ command }) => join(bundle, `${command}.json`)));
  const atWork = () => [...requests].flatMap((file) => findPrograms(runtime, file));
  // First, or it would go on to write the command's number.
  for (const pid of atWork()) killTree(pid);
  await endUnfinished(atWork);
  for (const { name, kind } of await abandonedFiles(bundle)) {
    if (kind === 'pid') await endCommand(join(bundle, name), containerId);
    await rm(join(bundle, name), { force: true });
  }
}

async function abandonedFiles(bundle: string): Promise<{ name: string; command: string; kind: string }[]> {
  const names = await readdir(bundle).catch((): string[] => []);
  return names.flatMap((name) => {
    const [, command, asker, kind] = EXEC_FILE.exec(name) ?? [];
    const isLeft = asker !== undefined && readProcessStat(Number(asker)) === undefined;
    return isLeft && command !== undefined && kind !== undefined ? [{ name, command, kind }] : [];
  });
}

/** If the process of that number is the container's still. */
async function endCommand(pidFile: string, containerId: string): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10) || 0;
  if (pid > 1 && readProcessCgroups(pid).some(({ path }) => path.includes(containerId))) killTree(pid);
}
