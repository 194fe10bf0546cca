import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PODS } from '../../client/resource-types.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

let api: TestApi;
before(async () => {
  api = await startApi();
  for (const [name, annotations] of Object.entries({
    own: {},
    mirror: { 'kubernetes.io/config.mirror': 'x' },
  }))
    await api.client.create(PODS, {
      metadata: { name, namespace: 'default', annotations },
      spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
    });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  assert.deepEqual(api.bugs, []);
});

const write = (name: string, subresource: string, spec: object) =>
  api.client.patch(PODS, 'default', name, 'strategic', { spec }, { subresource });

test('a mirror gets no ephemeral containers, and is not resized', async () => {
  const debug = { ephemeralContainers: [{ name: 'd', image: 'i' }] };
  const more = { containers: [{ name: 'c', resizePolicy: [] }] };
  await write('own', 'resize', more);
  await write('own', 'ephemeralcontainers', debug);
  await assert.rejects(write('mirror', 'ephemeralcontainers', debug), {
    message: 'Pod "mirror" is invalid: []: Forbidden: static pods do not support ephemeral containers',
  });
  await assert.rejects(write('mirror', 'resize', more), {
    message: 'Pod "mirror" is invalid: []: Forbidden: static pods cannot be resized',
  });
});
