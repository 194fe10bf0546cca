import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { CONFIG_MAPS } from '../../client/resource-types.ts';
import { SharedInformers } from '../../client/shared-informers.ts';

test('all who follow a kind share one copy, whenever they came', async () => {
  await using api = await startApi();
  const { client } = api;
  const stop = new AbortController();
  const clock = { now: () => Date.now(), sleep: async (ms: number) => delay(ms, undefined, { ref: false }) };
  const informers = new SharedInformers({ client, clock, random: () => 0, signal: stop.signal });
  const told: string[][] = [[], []];
  const handlers = (index: number) => ({
    onAdd: ({ metadata }: { metadata?: { name?: string } }) => told[index]?.push(`+${metadata?.name}`),
    onDelete: ({ metadata }: { metadata?: { name?: string } }) => told[index]?.push(`-${metadata?.name}`),
  });
  await client.create(CONFIG_MAPS, { metadata: { name: 'a', namespace: 'default' } });
  const first = informers.follow(CONFIG_MAPS, handlers(0));
  await first.synced;
  const second = informers.follow(CONFIG_MAPS, handlers(1));
  assert.equal(second.get('default', 'a'), first.get('default', 'a'));
  await client.delete(CONFIG_MAPS, 'default', 'a');
  for (let tries = 0; tries < 100 && second.get('default', 'a') !== undefined; tries += 1) await delay(10);
  assert.deepEqual(told, [
    ['+a', '-a'],
    ['+a', '-a'],
  ]);
  stop.abort();
  await first.ended;
});
