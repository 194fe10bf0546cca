/** Every verb with messages that nobody sends on purpose, over the real socket in front of a runtime in memory. */
import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import * as fc from 'fast-check';
import { FakePodRuntime } from '../../runtime/testing/fake-pod-runtime.ts';
import { realClock } from '../../streaming/testing/real-clock.ts';
import { RuntimeService } from '../api/runtime_pb.ts';
import { openGrpcConnection } from '../grpc/grpc-client.ts';
import { arbitraryRequest, ENDLESS, METHODS, WORDS } from '../testing/arbitrary-message.ts';
import { listenCri } from './listen-cri.ts';

async function start(t: TestContext) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'cri-'));
  const runtime = new FakePodRuntime({ clock: realClock });
  const bugs: string[] = [];
  const listen = { path: join(directory.path, 'cri.sock') };
  const server = await listenCri(listen, {
    runtime,
    clock: realClock,
    info: {},
    podCidr: '10.0.0.0/24',
    onBug: (method, error) => bugs.push(`${method}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const raw = new Client(`unix:${listen.path}`, credentials.createInsecure());
  t.after(async () => {
    raw.close();
    await server[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });
  const identity = (bytes: Buffer): Buffer => bytes;
  const send = (path: string, bytes: Uint8Array): Promise<{ code: status; details: string }> =>
    new Promise((resolve) => {
      const deadline = Date.now() + 30_000;
      const call = raw.makeServerStreamRequest(path, identity, identity, Buffer.from(bytes), new Metadata(), {
        deadline,
      });
      call.on('data', () => {});
      call.on('error', (error: ServiceError) => resolve(error));
      call.on('end', () => resolve({ code: status.OK, details: '' }));
    });
  return { runtime, bugs, send, listen };
}

test('any message gets an answer or a status that is no bug', async (t) => {
  const { bugs, send } = await start(t);
  const request = arbitraryRequest(
    METHODS.filter(({ path }) => path !== ENDLESS),
    WORDS,
  );
  const property = fc.asyncProperty(request, async ({ path, bytes }) => {
    const { code, details } = await send(path, bytes);
    assert.notEqual(code, status.INTERNAL, `${path}: ${details}`);
    assert.notEqual(code, status.DEADLINE_EXCEEDED, path);
  });
  await fc.assert(property, { numRuns: 600 });
  assert.deepEqual(bugs, []);
});

test('garbage and cut messages end their call alone', async (t) => {
  const { bugs, send } = await start(t);
  const bytes = fc.uint8Array({ maxLength: 300 });
  const method = fc.constantFrom(...METHODS.filter(({ path }) => path !== ENDLESS));
  const property = fc.asyncProperty(method, bytes, async ({ path }, garbage) => {
    const { details } = await send(path, garbage);
    assert.doesNotMatch(details, /^bug/, path);
  });
  await fc.assert(property, { numRuns: 300 });
  assert.deepEqual(bugs, []);
});

test('50 clients at once each get their own pod, and its list whole', async (t) => {
  const { runtime, bugs, listen } = await start(t);
  const lives = Array.from({ length: 50 }, async (_, index) => {
    using connection = openGrpcConnection(listen);
    const verbs = connection.service(RuntimeService);
    const metadata = { name: `p${index}`, namespace: 'n', uid: `u${index}` };
    const { podSandboxId } = await verbs.runPodSandbox({
      config: { metadata, labels: { index: `${index}` } },
    });
    for (let round = 0; round < 20; round++) {
      const { items } = await verbs.listPodSandbox({ filter: { labelSelector: { index: `${index}` } } });
      assert.deepEqual(
        items.map(({ id }) => id),
        [podSandboxId],
      );
    }
    await verbs.removePodSandbox({ podSandboxId });
  });
  await Promise.all(lives);
  assert.equal(runtime.sandboxes.size, 0);
  assert.deepEqual(bugs, []);
});

test('the server\u2019s memory does not grow with calls and clients that are gone', async (t) => {
  const { send, listen } = await start(t);
  const round = async (): Promise<void> => {
    for (let client = 0; client < 20; client++) {
      using connection = openGrpcConnection(listen);
      const verbs = connection.service(RuntimeService);
      const abort = new AbortController();
      const events = verbs
        .getContainerEvents({}, { signal: abort.signal })
        .next()
        .catch(() => {});
      await verbs.version({});
      await send('/runtime.v1.RuntimeService/CreateContainer', Buffer.alloc(100_000, 0x0a));
      abort.abort();
      await events;
    }
  };
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const heap = (): number => {
    gc();
    return process.memoryUsage().heapUsed;
  };
  await round();
  await round();
  const before = heap();
  for (let i = 0; i < 10; i++) await round();
  const grown = heap() - before;
  assert.ok(grown < 10_000_000, `${grown} bytes for 200 clients`);
});
