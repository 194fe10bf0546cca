import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PeapodError } from '../../model/errors.ts';
import { mkdirSync } from '../../runtime/linux/files.ts';
import { spawnToOutlive } from '../../runtime/linux/spawn-process.ts';
import { type Settings, settingsEnv } from '../settings.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/**
 * Starts the background process, which takes the pods that nobody keeps; where there is one already, the new one finds it out and leaves.
 * Nobody waits for it: what it has to do is on disk, and the pods run meanwhile.
 * @throws PeapodError Unavailable when it cannot be started
 */
export function startSupervisor(settings: Settings): void {
  mkdirSync(settings.run, { recursive: true, mode: 0o700 });
  const log = openSync(join(settings.run, 'supervisor.log'), 'a', 0o600);
  try {
    // What makes this process quick takes memory, which is not for one that stays.
    const flags = process.execArgv.filter((flag) => !flag.includes('semi-space'));
    spawnToOutlive(process.execPath, [...flags, MAIN, 'supervise'], {
      cwd: '/',
      fds: [null, log, log],
      env: { ...inherited(['PATH', 'HOME', 'NODE_COMPILE_CACHE']), ...settingsEnv(settings) },
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PeapodError(
      'Unavailable',
      `cannot start the background process: nobody restarts the pods' containers: ${why}`,
      { cause, hint: 'peapod run -d of any pod starts it too' },
    );
  } finally {
    closeSync(log);
  }
}

function inherited(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
