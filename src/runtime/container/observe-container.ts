import { statSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { bootId, readProcessStat } from '../linux/proc.ts';
import { DirectoryNames } from '../linux/directory-names.ts';
import { processHandles } from '../linux/process-handles.ts';
import type { ContainerContext } from './container-context.ts';
import { containerPaths, exitsDirectory } from './container-paths.ts';
import type { ContainerRecord, ProcessIdentity } from './container-record.ts';
import type { ContainerFacts } from './container-state.ts';

/** The containers for which conmon has left an exit code, for those who look at many. */
export function exitedContainers(context: ContainerContext): ReadonlySet<string> {
  const exits = exitsOf.get(context) ?? {
    names: new DirectoryNames(exitsDirectory(context.paths)),
    listed: [],
    set: new Set<string>(),
  };
  exitsOf.set(context, exits);
  const listed = exits.names.list();
  if (listed !== exits.listed) exits.set = new Set(listed);
  exits.listed = listed;
  return exits.set;
}

interface Exits {
  readonly names: DirectoryNames;
  listed: readonly string[];
  set: ReadonlySet<string>;
}

const exitsOf = new WeakMap<ContainerContext, Exits>();

/**
 * Asks the kernel, and what conmon left, how a container is.
 * @param exited those that had ended a moment ago: of another one that lives no exit code is looked for
 */
export async function observeContainer(
  context: ContainerContext,
  record: ContainerRecord,
  exited?: ReadonlySet<string>,
): Promise<ContainerFacts> {
  // The process first, the exit file after it: the other way round a container that ends in between would seem lost.
  const alive = record.bootId === bootId() && (isAlive(record.conmon) || isAlive(record.init));
  const now = context.clock.now();
  if (alive && exited?.has(record.id) === false) return { alive, exit: undefined, oomKilled: false, now };
  const paths = containerPaths(context.paths, record.id);
  const exit = await readExit(paths.exit);
  const oomKilled = exit !== undefined && exit.code !== 0 && (await wasOomKilled(context, record, paths.oom));
  return { alive, exit, oomKilled, now };
}

export function isAlive(identity: ProcessIdentity | undefined): boolean {
  return identity !== undefined && processHandles.isAlive(identity.pid, identity.startTime);
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
