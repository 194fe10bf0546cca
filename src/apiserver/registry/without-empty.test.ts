import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG_MAPS } from '../../client/resource-types.ts';
import { startApi } from '../testing/start-api.ts';

test('metadata that was emptied looks as if it had never been', async () => {
  await using api = await startApi();
  const metadata = { name: 'a', namespace: 'default', labels: {}, finalizers: [] };
  const created = await api.client.create(CONFIG_MAPS, { metadata });
  assert.ok(!('labels' in (created.metadata ?? {})) && !('finalizers' in (created.metadata ?? {})));
  const patch = (annotations: object) =>
    api.client.patch(CONFIG_MAPS, 'default', 'a', 'merge', { metadata: { annotations } });
  assert.deepEqual((await patch({ x: 'y' })).metadata?.annotations, { x: 'y' });
  assert.ok(!('annotations' in ((await patch({ x: null })).metadata ?? {})));
});
