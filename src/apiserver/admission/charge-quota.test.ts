import assert from 'node:assert/strict';
import test from 'node:test';
import { CONFIG_MAPS, NAMESPACES, RESOURCE_QUOTAS } from '../../client/resource-types.ts';
import { startApi } from '../testing/start-api.ts';

test('of many that are made at once as many are taken as the quota has room for, and none is told of a lost race', async () => {
  await using api = await startApi();
  const { client } = api;
  const name = 'small';
  await client.create(NAMESPACES, { metadata: { name } });
  await client.create(RESOURCE_QUOTAS, {
    metadata: { name: 'q', namespace: name },
    spec: { hard: { 'count/configmaps': '120' } },
  });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 150 }, (_, index) =>
      client.create(CONFIG_MAPS, { metadata: { name: `c${index}`, namespace: name } }),
    ),
  );
  const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
  assert.equal(refusals.length, 30);
  for (const refusal of refusals) assert.match(refusal, /exceeded quota: q, requested: count\/configmaps=1/);
  const quota = await client.get(RESOURCE_QUOTAS, name, 'q');
  assert.equal(quota.status?.used?.['count/configmaps'], '120');
});
