import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ApiClient } from './api-client.ts';
import { httpsTransport } from './https-transport.ts';
import { PODS } from './resource-types.ts';
import type { Transport } from './transport.ts';
import { unixTransport } from './unix-transport.ts';

const FIRST = JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a' } } });
const GONE = { name: 'PeapodError', code: 'Unavailable', message: 'the server has gone', retryable: true };

interface Talk extends AsyncDisposable {
  readonly api: ApiClient;
}

type Talking = (answer: RequestListener) => Promise<Talk>;

async function overUnix(answer: RequestListener): Promise<Talk> {
  const folder = await mkdtemp(join(tmpdir(), 'peapod-api-'));
  const socket = join(folder, 'api.sock');
  const server = createServer(answer).listen(socket);
  await once(server, 'listening');
  return talk(unixTransport(socket), async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
}

async function overTcp(answer: RequestListener): Promise<Talk> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return talk(httpsTransport({ server: `http://127.0.0.1:${port}` }), async () => void server.close());
}

function talk(transport: Transport, end: () => Promise<void>): Talk {
  return {
    api: new ApiClient({ transport, name: 'test' }),
    [Symbol.asyncDispose]: async () => {
      await transport[Symbol.asyncDispose]();
      await end();
    },
  };
}

const TRANSPORTS: Record<string, Talking> = { 'a UNIX socket': overUnix, TCP: overTcp };

for (const [name, over] of Object.entries(TRANSPORTS)) {
  describe(`the client over ${name}`, () => {
    test('says that the server has gone when the connection breaks amid a watch', async () => {
      await using one = await over((_, response) => {
        response.write(`${FIRST}\n`, () => setTimeout(() => response.destroy(), 20));
      });
      const seen: string[] = [];
      await assert.rejects(async () => {
        for await (const { type } of one.api.watch(PODS, { resourceVersion: '1' })) seen.push(type);
      }, GONE);
      assert.deepEqual(seen, ['ADDED']);
    });

    test('says so when it breaks amid an answer', async () => {
      await using one = await over((_, response) => {
        response.write('{"items":', () => setTimeout(() => response.destroy(), 20));
      });
      await assert.rejects(one.api.list(PODS), GONE);
    });

    test('ends a watch that the server ends', async () => {
      await using one = await over((_, response) => response.end(`${FIRST}\n`));
      const events = await Array.fromAsync(one.api.watch(PODS, { resourceVersion: '1' }));
      assert.equal(events.length, 1);
    });

    test('gives the reason of what aborted a watch', async () => {
      await using one = await over((_, response) => response.write(`${FIRST}\n`));
      const stop = new AbortController();
      await assert.rejects(
        async () => {
          for await (const _ of one.api.watch(PODS, { resourceVersion: '1', signal: stop.signal }))
            stop.abort(new Error('enough'));
        },
        { message: 'enough' },
      );
    });
  });
}
