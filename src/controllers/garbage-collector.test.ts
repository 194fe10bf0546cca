import assert from 'node:assert/strict';
import test from 'node:test';
import { CONFIG_MAPS } from '../client/resource-types.ts';
import type { ConfigMap, OwnerReference } from '../model/api/types.ts';
import { garbageCollector } from './garbage-collector.ts';
import { type RunningControllers, runControllers } from './testing/run-controllers.ts';

const owner = ({ metadata }: ConfigMap, blockOwnerDeletion = false): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: metadata?.name ?? '',
  uid: metadata?.uid ?? '',
  blockOwnerDeletion,
});

function create(
  { client }: RunningControllers,
  name: string,
  ...ownerReferences: OwnerReference[]
): Promise<ConfigMap> {
  return client.create(CONFIG_MAPS, { metadata: { name, namespace: 'default', ownerReferences } });
}

const names = async ({ client }: RunningControllers) =>
  (await client.list(CONFIG_MAPS, { namespace: 'default' })).items
    .map(({ metadata }) => metadata?.name ?? '')
    .toSorted();
const untilNames = (run: RunningControllers, ...expected: string[]) =>
  run.until(async () => assert.deepEqual(await names(run), expected));

test('what is owned goes with its owner, to the last generation', async () => {
  await using run = await runControllers(garbageCollector);
  const top = await create(run, 'a-top');
  const middle = await create(run, 'b-middle', owner(top));
  await create(run, 'c-bottom', owner(middle));
  await run.client.delete(CONFIG_MAPS, 'default', 'a-top', { propagationPolicy: 'Background' });
  await untilNames(run);
});

test('in the foreground the owner goes last, after what blocks it', async () => {
  await using run = await runControllers(garbageCollector);
  const top = await create(run, 'top');
  const held = await create(run, 'held', owner(top, true));
  await run.client.patch(CONFIG_MAPS, 'default', 'held', 'merge', {
    metadata: { finalizers: ['test/hold'] },
  });
  await run.client.delete(CONFIG_MAPS, 'default', 'top', { propagationPolicy: 'Foreground' });
  await run.until(async () => {
    const present = await run.get(CONFIG_MAPS, held.metadata?.name ?? '');
    assert.notEqual(present.metadata?.deletionTimestamp, undefined);
  });
  assert.deepEqual(await names(run), ['held', 'top']);
  await run.client.patch(CONFIG_MAPS, 'default', 'held', 'merge', { metadata: { finalizers: null } });
  await untilNames(run);
});

test('orphans lose their owner and stay', async () => {
  await using run = await runControllers(garbageCollector);
  const top = await create(run, 'top');
  await create(run, 'child', owner(top, true));
  await run.client.delete(CONFIG_MAPS, 'default', 'top', { propagationPolicy: 'Orphan' });
  await untilNames(run, 'child');
  assert.deepEqual((await run.get(CONFIG_MAPS, 'child')).metadata?.ownerReferences ?? [], []);
});

test('who has another owner stays with that one, and keeps nobody who goes', async () => {
  await using run = await runControllers(garbageCollector);
  const [going, staying] = [await create(run, 'going'), await create(run, 'staying')];
  await create(run, 'child', owner(going, true), owner(staying, true));
  await run.client.delete(CONFIG_MAPS, 'default', 'going', { propagationPolicy: 'Foreground' });
  await untilNames(run, 'child', 'staying');
  const left = (await run.get(CONFIG_MAPS, 'child')).metadata?.ownerReferences ?? [];
  assert.deepEqual(
    left.map(({ name }) => name),
    ['staying'],
  );
});
