import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../../client/api-client.ts';
import { apiClusterClient } from './api-cluster-client.ts';

test('who is told to end before it began ends at once', async () => {
  const client = new ApiClient({
    transport: {
      send: () => Promise.reject(new Error('nobody asks')),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    name: 'test',
  });
  const clock = { now: () => 0, sleep: () => Promise.reject(new Error('nobody sleeps')) };
  const onError = (error: unknown) => assert.fail(String(error));
  const cluster = apiClusterClient({ client, clock, random: () => 0, onError });
  const never = () => assert.fail('nothing is told');
  const handlers = {
    onSynced: never,
    onNode: never,
    onNodeGone: never,
    onPod: never,
    onPodGone: never,
    onPriorityClass: never,
    onDisruptionBudget: never,
    onClaim: never,
    onVolume: never,
    onStorageClass: never,
    onPodGroup: never,
  };
  const ended = cluster.watch(handlers, AbortSignal.abort()).then(() => 'ended');
  assert.equal(await Promise.race([ended, delay(1000, 'hangs', { ref: false })]), 'ended');
});
