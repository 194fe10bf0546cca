import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { EVENTS } from '../../client/resource-types.ts';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { openSqliteStore } from '../../store/sqlite/open-sqlite-store.ts';
import { startApi } from '../testing/start-api.ts';

const MINUTE_MS = 60_000;

test('an event goes an hour after it last changed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'peapod-lifetime-'));
  const clock = new FakeClock();
  const store = await openSqliteStore({ path: join(directory, 'state.db'), clock });
  const api = await startApi(store, clock);
  try {
    const event = (name: string) => ({
      metadata: { name, namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
      reason: 'Tested',
      message: 'm',
      type: 'Normal',
    });
    await api.client.create(EVENTS, event('once'));
    await api.client.create(EVENTS, event('twice'));
    const names = async () =>
      (await api.client.list(EVENTS, { namespace: 'default' })).items
        .map(({ metadata }) => metadata?.name ?? '')
        .sort();
    /** In steps, since what is due is looked for once a second. */
    const later = async (minutes: number): Promise<string[]> => {
      await clock.advance(minutes * MINUTE_MS);
      for (let step = 0; step < 5; step += 1) {
        await clock.advance(1000);
        await delay(20);
      }
      return names();
    };
    assert.deepEqual(await later(40), ['once', 'twice']);
    await api.client.patch(EVENTS, 'default', 'twice', 'merge', { count: 2 });
    assert.deepEqual(await later(21), ['twice']);
    assert.deepEqual(await later(40), []);
  } finally {
    await api[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  }
});
