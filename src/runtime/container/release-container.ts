import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { unlinkSync, writeSync } from '../linux/files.ts';
import { isCrun, stateFolder } from '../oci/state-folder.ts';
import type { OciRuntimeCommand } from './container-context.ts';
import { runOci } from './run-oci.ts';

/**
 * Lets the first process of a created container run its command. crun's waits for a byte in a pipe: writing that ourselves saves
 * a program for each container. Done already is fine.
 * @throws PeapodError RunContainerError
 */
export async function releaseContainer(runtime: OciRuntimeCommand, id: string): Promise<void> {
  const folder = isCrun(runtime) ? stateFolder(runtime, id) : undefined;
  if (folder !== undefined && writeToFifo(join(folder, 'exec.fifo'))) return;
  await runOci(runtime, ['start', id]);
}

/**
 * The pipe goes only when the byte is in: whoever is killed in between finds it with nobody who reads, and knows that it was done.
 * @returns false when there is no such pipe: this crun does otherwise
 */
export function writeToFifo(path: string): boolean {
  const fd = openWithoutWaiting(path);
  if (fd === 'absent') return false;
  if (fd !== 'nobody reads') {
    try {
      if (!fstatSync(fd).isFIFO()) return false;
      writeSync(fd, '\0');
    } catch (error) {
      // It has gone on since: to be opened is enough for it.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    } finally {
      closeSync(fd);
    }
  }
  unlinkSync(path);
  return true;
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
