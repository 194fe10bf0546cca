/**
 * Reading, writing, making and removing cgroups as the directories and files that they are. The kernel answers from memory, in less time
 * than it takes to have another thread ask: most calls are synchronous.
 */
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '../linux/kill.ts';
import { mkdirSync, rmdirSync, writeFileSync, writeKernelFile } from '../linux/files.ts';

const REMOVE_TIMEOUT_MS = 5000;
/** A lower limit makes the kernel look for what it can take back, and a move waits for all processors: both last. */
const SLOW = /^memory\.|^cgroup\.procs$/;

/** @returns undefined when there is no such file, or its cgroup has just gone */
export async function readCgroupFile(directory: string, file: string): Promise<string | undefined> {
  try {
    return readFileSync(join(directory, file), 'utf8');
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** @returns false when the file is not there: this kernel, or this hierarchy, does not have it */
export async function writeCgroupFile(
  directory: string,
  file: string,
  value: string | number,
): Promise<boolean> {
  try {
    // Without O_CREAT: a fake tree in a test then misses what the kernel would miss.
    if (SLOW.test(file)) await writeKernelFile(join(directory, file), String(value), { flag: 'r+' });
    else writeFileSync(join(directory, file), String(value), { flag: 'r+' });
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** The lines `key value` of a flat keyed file. */
export async function readKeyedFile(directory: string, file: string): Promise<Map<string, number>> {
  const text = (await readCgroupFile(directory, file)) ?? '';
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [key = '', value = ''] = line.split(' ');
        return [key, Number(value)];
      }),
  );
}

/** Somebody may remove an empty parent between our two steps: then it is made again. */
export async function makeCgroup(directory: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      return;
    } catch (error) {
      if (!isGone(error) || attempt === 5) throw error;
    }
  }
}

/** The cgroup and all below it, the innermost first; none when it is not there. */
export function cgroupTree(directory: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
  const below = entries.filter((entry) => entry.isDirectory());
  return [...below.flatMap(({ name }) => cgroupTree(join(directory, name))), directory];
}

/** The processes in the cgroup and all below it. */
export async function cgroupProcesses(directory: string): Promise<number[]> {
  const trees = await Promise.all(cgroupTree(directory).map((each) => readCgroupFile(each, 'cgroup.procs')));
  return trees.flatMap((text) =>
    (text ?? '')
      .split('\n')
      .filter((line) => line !== '')
      .map(Number),
  );
}

/** Sends SIGKILL to all that is in the cgroup and below it. */
export async function killCgroup(directory: string): Promise<void> {
  if (await writeCgroupFile(directory, 'cgroup.kill', 1)) return;
  for (const pid of await cgroupProcesses(directory)) {
    try {
      // 0 is a process of another PID namespace that this one can't see.
      if (pid > 0) sendSignal(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/**
 * Removes the cgroup and all below it. Processes that are dying keep it busy for a moment: it is tried again until they are gone.
 * @throws EBUSY after 5 s
 */
export async function removeCgroup(directory: string): Promise<void> {
  const end = performance.now() + REMOVE_TIMEOUT_MS;
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 50)) {
    try {
      for (const each of cgroupTree(directory)) rmdirSync(each);
      return;
    } catch (error) {
      if (isGone(error)) continue;
      if (!isBusy(error) || performance.now() > end) throw error;
      await delay(waitMs);
    }
  }
}

/** Removes a cgroup that has neither processes nor children. */
export async function removeIfEmpty(directory: string): Promise<void> {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!isGone(error) && !isBusy(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENODEV';
}

function isBusy(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EBUSY' || code === 'ENOTEMPTY';
}
