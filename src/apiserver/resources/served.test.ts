/** The kinds' rules, as clients meet them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiError } from '../../client/api-error.ts';
import { PODS } from '../../client/resource-types.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { ALL_RESOURCES } from './all-resources.ts';

let api: TestApi;
before(async () => {
  api = await startApi();
});
after(async () => {
  await api[Symbol.asyncDispose]();
  assert.deepEqual(api.bugs, []);
});

test('an empty object of each kind is refused with its fields, or made, and breaks nothing', async () => {
  for (const { group, version, plural, kind, namespaced, verbs } of ALL_RESOURCES) {
    if (verbs !== undefined) continue;
    const type = { ...PODS, group, version, plural, kind, namespaced };
    const metadata = { name: `empty-${plural}.${group}x`, ...(namespaced ? { namespace: 'default' } : {}) };
    try {
      const made = await api.client.create(type, { metadata });
      assert.equal(made.metadata?.name, metadata.name, plural);
    } catch (error) {
      assert.ok(error instanceof ApiError, `${plural}: ${String(error)}`);
      assert.equal(error.status.reason, 'Invalid', `${plural}: ${error.status.message ?? ''}`);
      assert.ok((error.status.details?.causes ?? []).length > 0, plural);
    }
  }
});
