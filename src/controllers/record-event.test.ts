import assert from 'node:assert/strict';
import test from 'node:test';
import { startApi } from '../apiserver/testing/start-api.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { EVENTS } from '../client/resource-types.ts';

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'p', uid: 'u' } };
const PULLED = { type: 'Normal', reason: 'Pulled', message: 'here', at: 1_700_000_000_000 } as const;

test('what is told again is counted up, and told anew when its event has gone', async () => {
  await using api = await startApi();
  const { client } = api;
  const events = new EventRecorder({ client, component: 'peapod', host: 'n' });
  const listed = async () => (await client.list(EVENTS)).items.filter(({ source }) => source?.host === 'n');
  await events.record(POD, PULLED);
  await events.record(POD, { ...PULLED, at: PULLED.at + 5000 });
  await events.record(POD, { ...PULLED, fieldPath: 'spec.containers{c}' });
  const [twice, other, ...more] = (await listed()).sort((a, b) => (b.count ?? 0) - (a.count ?? 0));
  assert.equal(more.length, 0);
  assert.deepEqual(
    [twice?.count, twice?.firstTimestamp, twice?.lastTimestamp, twice?.involvedObject.fieldPath],
    [2, '2023-11-14T22:13:20Z', '2023-11-14T22:13:25Z', undefined],
  );
  assert.deepEqual([other?.count, other?.involvedObject.fieldPath], [1, 'spec.containers{c}']);
  await client.delete(EVENTS, 'default', twice?.metadata?.name ?? '');
  await events.record(POD, PULLED);
  assert.deepEqual(
    (await listed()).map(({ count }) => count),
    [1, 1],
  );
});

test('what has no namespace is told of in the default one', async () => {
  await using api = await startApi();
  const { client } = api;
  const events = new EventRecorder({ client, component: 'c' });
  await events.record({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'n' } }, PULLED);
  const [event] = (await client.list(EVENTS)).items;
  assert.equal(event?.metadata?.namespace, 'default');
  assert.deepEqual(event?.involvedObject, { apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'n' });
});
