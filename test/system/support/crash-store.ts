/** Writes as fast as it can until somebody kills it, and prints each write that was acknowledged: `crash-store.ts <path>`. */
import { writeSync } from 'node:fs';
import { openSqliteStore } from '../../../src/store/sqlite/open-sqlite-store.ts';
import { REAL_CLOCK } from '../../../src/store/testing/real-clock.ts';

const [path = ''] = process.argv.slice(2);
const store = await openSqliteStore({ path, clock: REAL_CLOCK });
const begin = await store.currentRevision();

async function write(writer: number): Promise<never> {
  for (let index = 0; ; index += 1) {
    const key = `/k/${begin}-${writer}-${index}`;
    const revision = await store.create(key, Buffer.from(key));
    // In one piece, so that a line is there or not.
    writeSync(1, `${revision} ${key}\n`);
  }
}

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(write));
