import assert from 'node:assert/strict';
import test from 'node:test';
import { CONFIG_MAPS, NAMESPACES, PODS, SERVICE_ACCOUNTS } from '../client/resource-types.ts';
import { namespaceController } from './namespace.ts';
import { runControllers } from './testing/run-controllers.ts';

test('a namespace goes with all that is in it, and says what it waits for', async () => {
  await using run = await runControllers(namespaceController);
  const { client, clock } = run;
  await client.create(NAMESPACES, { metadata: { name: 'n' } });
  await client.create(SERVICE_ACCOUNTS, { metadata: { name: 'default', namespace: 'n' } });
  await client.create(CONFIG_MAPS, { metadata: { name: 'plain', namespace: 'n' } });
  await client.create(CONFIG_MAPS, { metadata: { name: 'held', namespace: 'n', finalizers: ['test/hold'] } });
  await client.create(PODS, {
    metadata: { name: 'p', namespace: 'n' },
    spec: { nodeName: 'a', containers: [{ name: 'c', image: 'i' }] },
  });
  await client.delete(NAMESPACES, '', 'n');
  const said = await run.until(async () => {
    const { status } = await client.get(NAMESPACES, '', 'n');
    const conditions = new Map(status?.conditions?.map((one) => [one.type, one]));
    assert.equal(conditions.get('NamespaceContentRemaining')?.status, 'True');
    return conditions;
  });
  assert.equal(
    said.get('NamespaceContentRemaining')?.message,
    'Some resources are remaining: configmaps has 1 resource instances, pods has 1 resource instances',
  );
  assert.equal(
    said.get('NamespaceFinalizersRemaining')?.message,
    'Some content in the namespace has finalizers remaining: test/hold in 1 resource instances',
  );
  assert.equal(said.get('NamespaceDeletionContentFailure')?.status, 'False');
  await client.delete(PODS, 'n', 'p', { gracePeriodSeconds: 0 });
  await client.patch(CONFIG_MAPS, 'n', 'held', 'merge', { metadata: { finalizers: null } });
  await clock.advance(5000);
  await run.until(async () => assert.equal(await client.find(NAMESPACES, '', 'n'), undefined));
  assert.deepEqual(run.failures, []);
});
