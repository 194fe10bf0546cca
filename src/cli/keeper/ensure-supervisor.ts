import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Settings, settingsEnv } from '../settings.ts';
import { mkdirSync } from '../../runtime/linux/files.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Starts the background process; where there is one already, the new one finds it out and leaves. */
export function ensureSupervisor(settings: Settings): void {
  mkdirSync(settings.run, { recursive: true, mode: 0o700 });
  const log = openSync(join(settings.run, 'supervisor.log'), 'a', 0o600);
  try {
    const child = spawn(process.execPath, [...process.execArgv, MAIN, 'supervise'], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...inherited(['PATH', 'HOME', 'NODE_COMPILE_CACHE']), ...settingsEnv(settings) },
    });
    child.unref();
  } finally {
    closeSync(log);
  }
}

function inherited(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
