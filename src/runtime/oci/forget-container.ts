import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OciRuntimeCommand } from '../container/container-context.ts';
import { rm } from '../linux/files.ts';
import { waitForExit } from '../linux/kill.ts';
import { runCommand } from '../linux/run-command.ts';
import { executableOf } from './executable-of.ts';
import { isCrun, stateFolder } from './state-folder.ts';

const DELETE_TIMEOUT_MS = 30_000;
/** How long what was just killed may take to be gone. */
const EXIT_TIMEOUT_MS = 1000;

/**
 * Has the OCI runtime forget a container; it ends what still runs of it. Its cgroups may stay: they are the caller's to remove. What it does not know is fine, and what
 * it does not manage is told by what is left.
 *
 * Of an ended container crun holds nothing but a folder. That is deleted here, which saves a program for each container; where crun would do more
 * (hooks, cgroups of systemd's), it is asked.
 * @throws PeapodError MissingPrerequisite, TimedOut
 */
export async function forgetContainer(runtime: OciRuntimeCommand, id: string): Promise<void> {
  const folder = stateFolder(runtime, id);
  if (folder !== undefined && !(await exists(folder))) return;
  if (folder !== undefined && isPlainCrun(runtime) && (await isOnlyAFolder(folder))) {
    await deleteFolder(folder);
    return;
  }
  await runCommand(runtime.path, [...runtime.globalArgs, 'delete', '--force', id], {
    timeoutMs: DELETE_TIMEOUT_MS,
    executable: executableOf(runtime.path),
  });
}

function isPlainCrun(runtime: OciRuntimeCommand): boolean {
  return isCrun(runtime) && !runtime.globalArgs.includes('--systemd-cgroup');
}

async function isOnlyAFolder(folder: string): Promise<boolean> {
  try {
    if ((await readdir(folder)).length === 0) return true;
    const status = JSON.parse(await readFile(join(folder, 'status'), 'utf8')) as Record<string, unknown>;
    const [pid, startTime] = [status['pid'], status['process-start-time']];
    if (typeof pid !== 'number' || typeof startTime !== 'number') return false;
    if ((await readConfig(folder)).includes('"poststop"')) return false;
    return await waitForExit(pid, startTime, EXIT_TIMEOUT_MS);
  } catch {
    // Whatever is torn or missing is for crun to judge.
    return false;
  }
}

/** Empty when it was deleted already, by whoever was killed then. */
async function readConfig(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, 'config.json'), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** The status last: by it the next one goes when this one is killed. */
async function deleteFolder(folder: string): Promise<void> {
  const names = await readdir(folder);
  await Promise.all(
    names
      .filter((name) => name !== 'status')
      .map((name) => rm(join(folder, name), { recursive: true, force: true })),
  );
  await rm(folder, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
