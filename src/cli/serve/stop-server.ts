import { setTimeout as delay } from 'node:timers/promises';
import { PeapodError } from '../../model/errors.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';
import { readRunningServer } from './read-server.ts';
import { isServing } from './running-server.ts';
import { serverSettings } from './server-settings.ts';

const TIMEOUT_MS = 60_000;
const CHECK_MS = 20;

/** Ends the server of this installation, and resolves when it has ended. Its pods run on. */
export async function stopServer(settings: Settings, dataDir: string | undefined): Promise<void> {
  requireRoot('stop the server');
  const { run } = serverSettings(settings, dataDir);
  const server = readRunningServer(run);
  if (server === undefined || !isServing(run)) {
    throw new PeapodError('NotFound', `no server runs with the run directory ${run}`, {
      hint: 'peapod serve --detach',
    });
  }
  process.kill(server.pid, 'SIGTERM');
  const end = performance.now() + TIMEOUT_MS;
  while (isServing(run)) {
    if (performance.now() > end)
      throw new PeapodError('TimedOut', `the server (PID ${server.pid}) has not ended within a minute`);
    await delay(CHECK_MS);
  }
  process.stdout.write('Stopped; its pods run on\n');
}
