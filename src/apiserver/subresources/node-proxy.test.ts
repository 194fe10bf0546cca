import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NODES } from '../../client/resource-types.ts';
import { inProcessTransport } from '../in-process-transport.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

let api: TestApi;
before(async () => {
  api = await startApi(undefined, undefined, {
    usage: async () => undefined,
    page: async (node, path) => {
      if (path === '/broken') throw new Error('no route to host');
      return path === '/metrics/resource' ? { contentType: 'text/plain', body: `of ${node}` } : undefined;
    },
  });
  await api.client.create(NODES, { metadata: { name: 'n1' } });
});
after(async () => {
  await api[Symbol.asyncDispose]();
});

async function ask(path: string): Promise<{ status: number; text: string }> {
  const user = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
  await using transport = inProcessTransport(api.server.api, user);
  const { status, body } = await transport.send({
    method: 'GET',
    path: `/api/v1/nodes/${path}`,
    headers: {},
  });
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return { status, text: Buffer.concat(parts).toString() };
}

test("a node's page comes as it is, whichever scheme and port the node is named with", async () => {
  for (const name of ['n1', 'n1:10250', 'https:n1:10250'])
    assert.deepEqual(await ask(`${name}/proxy/metrics/resource`), { status: 200, text: 'of n1' }, name);
});

test('nodes and pages that are not there are not found, and an agent out of reach is told', async () => {
  const statusOf = async (path: string) => (await ask(path)).status;
  assert.equal(await statusOf('n2/proxy/metrics/resource'), 404);
  assert.equal(await statusOf('n1/proxy/nothing'), 404);
  assert.equal(await statusOf('n1/proxy'), 404);
  assert.equal(await statusOf('n1/proxy/broken'), 503);
  assert.match((await ask('n1/proxy/broken')).text, /error trying to reach service: .*no route to host/);
});
