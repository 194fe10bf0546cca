import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isListenedTo } from '../../runtime/linux/is-listened-to.ts';
import { readRunningServer, type RunningServer } from '../serve/read-server.ts';
import { serverSettings } from '../serve/server-settings.ts';
import type { Settings } from '../settings.ts';

const STARTS_WITHIN_MS = 10_000;
const CHECK_MS = 20;

export type FoundServer =
  | { readonly state: 'none' }
  /** It was killed, and its pods run on unattended. */
  | { readonly state: 'dead'; readonly server: RunningServer }
  | { readonly state: 'running'; readonly server: RunningServer };

/** The server of this installation. One that is just starting is waited for. */
export async function findServer(settings: Settings): Promise<FoundServer> {
  const { run: directory } = serverSettings(settings, undefined);
  const end = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    const server = readRunningServer(directory);
    if (server === undefined) return { state: 'none' };
    if (await isListenedTo(join(directory, 'api.sock'))) {
      if (server.url !== '') return { state: 'running', server };
    } else if (server.url !== '' || !isAlive(server.pid)) return { state: 'dead', server };
    if (performance.now() > end) return { state: 'dead', server };
    await delay(CHECK_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
