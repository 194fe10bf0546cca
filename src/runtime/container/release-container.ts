import { closeSync, constants, fstatSync, openSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { unlinkSync, writeSync } from '../linux/files.ts';
import { killProcess } from '../linux/kill.ts';
import { readProcessStat } from '../linux/proc.ts';
import { isCrun, stateFolder } from '../oci/state-folder.ts';
import type { OciRuntimeCommand } from './container-context.ts';
import type { ProcessIdentity } from './container-record.ts';
import { runOci } from './run-oci.ts';

/**
 * Lets the first process of a created container run its command. crun's waits for a byte in a pipe: writing that ourselves saves
 * a program for each container. Done already is fine.
 * @param waiting that process, when this was tried before
 * @throws PeapodError RunContainerError
 */
export async function releaseContainer(
  runtime: OciRuntimeCommand,
  id: string,
  waiting?: ProcessIdentity,
): Promise<void> {
  const folder = isCrun(runtime) ? stateFolder(runtime, id) : undefined;
  if (folder !== undefined && (await writeToFifo(join(folder, 'exec.fifo'), waiting))) return;
  await runOci(runtime, ['start', id]);
}

/**
 * The pipe goes only when the byte is in: whoever is killed in between finds it with nobody who reads, and knows that it was done.
 * @param waiting as above: once the pipe was opened and closed without a byte, crun reads again and again, and takes one that is open and empty
 * for an error. So it stands still until the byte is in
 * @returns false when there is no such pipe: this crun does otherwise
 */
export async function writeToFifo(path: string, waiting?: ProcessIdentity): Promise<boolean> {
  const pipe = statSync(path, { throwIfNoEntry: false });
  if (pipe?.isFIFO() !== true) return false;
  const isStill = waiting !== undefined && hasOpen(waiting.pid, pipe);
  if (isStill) await holdStill(waiting);
  try {
    if (!writeByte(path)) return false;
  } finally {
    if (isStill) killProcess(waiting.pid, waiting.startTime, 'SIGCONT');
  }
  unlinkSync(path);
  return true;
}

/** @returns false when it is no pipe any more */
function writeByte(path: string): boolean {
  const fd = openWithoutWaiting(path);
  if (fd === 'absent') return false;
  if (fd === 'nobody reads') return true;
  try {
    if (!fstatSync(fd).isFIFO()) return false;
    writeSync(fd, '\0');
  } catch (error) {
    // It has gone on since: to be opened is enough for it.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  } finally {
    closeSync(fd);
  }
  return true;
}

/** What runs the container's command already has not, and is not to be held. */
function hasOpen(pid: number, { dev, ino }: Stats): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const file = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false });
      return file?.dev === dev && file.ino === ino;
    });
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Until SIGCONT, or its death. */
async function holdStill({ pid, startTime }: ProcessIdentity): Promise<void> {
  killProcess(pid, startTime, 'SIGSTOP');
  // It runs on for as long as the scheduler leaves it where it is.
  while (/[RSD]/.test(readProcessStat(pid)?.state ?? '')) await delay(1);
}

function openWithoutWaiting(path: string): number | 'absent' | 'nobody reads' {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'absent';
    // What waits there holds it open for as long as it waits.
    if (code === 'ENXIO') return 'nobody reads';
    throw error;
  }
}
