import { statSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { bootId, isAlive as processIsAlive, readProcessStat } from '../linux/proc.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths } from './container-paths.ts';
import type { ContainerRecord, ProcessIdentity } from './container-record.ts';
import type { ContainerFacts } from './container-state.ts';

/** Asks the kernel, and what conmon left, how a container is. */
export async function observeContainer(
  context: ContainerContext,
  record: ContainerRecord,
): Promise<ContainerFacts> {
  const paths = containerPaths(context.paths, record.id);
  const sameBoot = record.bootId === bootId();
  // The processes first, the exit file after them: the other way round a container that ends in between would seem lost.
  const conmonAlive = sameBoot && isAlive(record.conmon);
  const initAlive = sameBoot && isAlive(record.init);
  const exit = await readExit(paths.exit);
  return {
    conmonAlive,
    initAlive,
    exit,
    oomKilled: exit !== undefined && exit.code !== 0 && (await wasOomKilled(context, record, paths.oom)),
    now: context.clock.now(),
  };
}

export function isAlive(identity: ProcessIdentity | undefined): boolean {
  return identity !== undefined && processIsAlive(identity.pid, identity.startTime);
}

/** @returns nothing when the process is gone already */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProcessStat(pid);
  return stat && { pid, startTime: stat.startTime };
}

/** conmon writes the code under another name and renames it: a file that is there is whole. */
async function readExit(path: string): Promise<{ code: number; at: number } | undefined> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  // Gone in between: with the container.
  const code = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  return Number.isNaN(code) ? undefined : { code, at: Math.round(stat.mtimeMs) };
}

/** By conmon's note, or, where conmon missed it because everything ended at once, by the cgroup's own count. */
async function wasOomKilled(
  context: ContainerContext,
  record: ContainerRecord,
  note: string,
): Promise<boolean> {
  const noted = await access(note).then(
    () => true,
    () => false,
  );
  return noted || (await context.cgroups.oomKills(record.cgroupPath)) > 0;
}
