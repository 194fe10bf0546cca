import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startPeapod, type TestPeapod } from '../../system/support/peapod.ts';
import { memoryFolder } from './memory-folder.ts';
import type { Player } from './player.ts';

export interface PeapodPlayer extends Player {
  readonly peapod: TestPeapod;
  /** The server's process, where there is one. */
  readonly serverPid: number | undefined;
}

/** `peapod run --detach` and `peapod rm`, without a server. */
export async function peapodPlayer(compileCache: string): Promise<PeapodPlayer> {
  const { peapod, end } = await benched(compileCache);
  return {
    name: 'peapod',
    peapod,
    serverPid: undefined,
    ...verbs(peapod),
    [Symbol.asyncDispose]: end,
  };
}

/**
 * The same verbs while `peapod serve` runs.
 * @param spareSandboxes how many it makes ahead
 */
export async function serverPlayer(compileCache: string, spareSandboxes: number): Promise<PeapodPlayer> {
  const { peapod, end } = await benched(compileCache);
  const config = join(peapod.directory, 'serve.yaml');
  await writeFile(config, JSON.stringify({ agent: { spareSandboxes } }));
  const server = peapod.start(['serve', '--listen', '127.0.0.1:0', '--config', config]);
  await server.untilPrinted(/Node \S+ is ready/);
  await delay(1000);
  return {
    name: 'peapod with a server',
    peapod,
    serverPid: server.child.pid,
    ...verbs(peapod),
    async [Symbol.asyncDispose]() {
      await peapod.call(['rm', '--all', '--force', '--time', '0']);
      server.signal('SIGTERM');
      await server.ended();
      await end();
    },
  };
}

async function benched(compileCache: string): Promise<{ peapod: TestPeapod; end: () => Promise<void> }> {
  const run = await memoryFolder();
  const peapod = await startPeapod({
    PEAPOD_GUARD_SHARED_OBJECTS: '0',
    NODE_COMPILE_CACHE: compileCache,
    PEAPOD_RUN: run.path,
  });
  await peapod.load('busybox');
  return {
    peapod,
    async end() {
      await peapod[Symbol.asyncDispose]();
      await run[Symbol.asyncDispose]();
    },
  };
}

function verbs(peapod: TestPeapod): Pick<Player, 'start' | 'remove'> {
  return {
    start: async ({ file }) => {
      await peapod.succeed(['run', '--detach', '-f', file]);
    },
    remove: async ({ name }) => {
      await peapod.succeed(['rm', '--force', '--time', '0', name]);
    },
  };
}
