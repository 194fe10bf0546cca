import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PeapodError } from '../../model/errors.ts';
import { ExitCode } from '../report-error.ts';
import { requireRoot } from '../require-root.ts';
import { type Settings, settingsEnv } from '../settings.ts';
import type { ServeConfig } from './config/serve-config.ts';
import { readRunningServer, type RunningServer } from './read-server.ts';
import { isServing, runsAlready } from './running-server.ts';
import { TOLD } from './serve-verb.ts';
import { serverSettings } from './server-settings.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'NODE_COMPILE_CACHE', 'PEAPOD_NODE', 'NODE_OPTIONS'];

/** What the server in the background tells the process that started it, once. */
export interface ReadyMessage {
  readonly ready: string;
  readonly server: RunningServer;
}

/**
 * Starts the server in the background and resolves when its node is ready. What it writes later is in `serve.log` in its run directory.
 * @throws ExitCode the server's own, when it ends instead of getting ready; what it said is on standard error then
 */
export async function serveDetached(settings: Settings, config: ServeConfig): Promise<void> {
  requireRoot('serve');
  const { run } = serverSettings(settings, config.dataDir);
  mkdirSync(run, { recursive: true, mode: 0o700 });
  if (isServing(run)) throw runsAlready(readRunningServer(run));
  const path = join(run, 'serve.log');
  const log = openSync(path, 'a', 0o600);
  try {
    const begin = fstatSync(log).size;
    const child = spawn(process.execPath, [...process.execArgv, MAIN, 'serve', '--as-told'], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
      env: { ...inherited(), ...settingsEnv(settings), [TOLD]: JSON.stringify(config) },
    });
    const ready = await new Promise<string | undefined>((resolve, reject) => {
      child.once('message', (message: ReadyMessage) => resolve(message.ready));
      child.once('error', reject);
      child.once('exit', () => resolve(undefined));
    });
    if (ready === undefined) {
      const said = readFileSync(path).subarray(begin).toString();
      process.stderr.write(said);
      if (said === '')
        throw new PeapodError('Unavailable', `the server ended, killed by ${child.signalCode}`);
      throw new ExitCode(child.exitCode ?? 1);
    }
    process.stdout.write(ready);
    child.disconnect();
    child.unref();
  } finally {
    closeSync(log);
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
