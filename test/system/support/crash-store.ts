/**
 * Once its standard input ends, writes as fast as it can until somebody kills it, and prints each write that was acknowledged:
 * `crash-store.ts <path>`.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { REAL_CLOCK } from '../../../src/store/testing/real-clock.ts';

const [path = ''] = process.argv.slice(2);
// A killed process would leave nothing of it to the next.
flushCompileCache();
await text(process.stdin);
const store = await openSqliteStore({ path, clock: REAL_CLOCK });
const begin = await store.currentRevision();

async function write(writer: number): Promise<never> {
  for (let index = 0; ; index += 1) {
    const key = `/k/${begin}-${writer}-${index}`;
    const revision = await store.create(key, Buffer.from(key));
    await print(`${revision} ${key}\n`);
  }
}

/** In one piece, so that a line is there or not. */
async function print(line: string): Promise<void> {
  for (;;)
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      // Whoever reads is slower than we write.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await delay(1);
    }
}

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write));
