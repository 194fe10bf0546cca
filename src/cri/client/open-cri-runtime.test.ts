import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isPeapodError } from '../../model/errors.ts';
import { FakePodRuntime } from '../../runtime/testing/fake-pod-runtime.ts';
import { realClock } from '../../streaming/testing/real-clock.ts';
import { listenCri } from '../server/listen-cri.ts';
import { openCriRuntime } from './open-cri-runtime.ts';

async function place(t: TestContext): Promise<string> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'cri-client-'));
  t.after(() => directory[Symbol.asyncDispose]());
  return join(directory.path, 'cri.sock');
}

function serve(path: string, runtime: FakePodRuntime) {
  const options = { runtime, clock: realClock, info: {}, podCidr: '', onBug: () => {} };
  return listenCri({ path }, options);
}

test('a runtime that is not there, or does not answer, is refused in time', async (t) => {
  const path = await place(t);
  await assert.rejects(openCriRuntime(`unix://${path}`, realClock), {
    code: 'Unavailable',
    message: new RegExp(`^cannot use the runtime at unix://${path}: `),
  });
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {}).resume())).listen(path);
  await once(silent, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  await assert.rejects(openCriRuntime(`unix://${path}`, realClock, { answerTimeoutMs: 200 }), {
    code: 'TimedOut',
  });
  await assert.rejects(openCriRuntime('tcp://127.0.0.1:1', realClock), { code: 'Invalid' });
});

test('a runtime that comes back is found again, and calls meanwhile fail as such that may be repeated', async (t) => {
  const path = await place(t);
  const runtime = new FakePodRuntime({ clock: realClock });
  let server = await serve(path, runtime);
  using client = await openCriRuntime(`unix://${path}`, realClock);
  assert.deepEqual(await client.listPodSandboxes(), []);
  await server[Symbol.asyncDispose]();
  await assert.rejects(
    client.listPodSandboxes(),
    (error: unknown) => isPeapodError(error, 'Unavailable') && error.retryable,
  );
  server = await serve(path, runtime);
  t.after(() => server[Symbol.asyncDispose]());
  for (let attempt = 0; ; attempt += 1) {
    const found = await client.listPodSandboxes().catch((error: unknown) => {
      if (attempt > 100 || !isPeapodError(error, 'Unavailable')) throw error;
    });
    if (found !== undefined) break;
    await realClock.sleep(50, {});
  }
});

test('an abort ends a call here and at the runtime', async (t) => {
  const path = await place(t);
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const exec = (_name: string, _command: readonly string[], { signal }: { signal?: AbortSignal }) =>
    new Promise<number>((_resolve, reject) => {
      began.resolve();
      signal?.addEventListener('abort', () => {
        ended.resolve();
        reject(signal.reason as Error);
      });
    });
  const runtime = new FakePodRuntime({ clock: realClock, exec });
  const server = await serve(path, runtime);
  t.after(() => server[Symbol.asyncDispose]());
  using client = await openCriRuntime(`unix://${path}`, realClock);
  await runtime.pullImage('busybox');
  const namespaces = { network: 'POD', pid: 'POD', ipc: 'POD' } as const;
  const sandboxId = await client.runPodSandbox({
    metadata: { name: 'p', namespace: 'n', uid: 'u', attempt: 0 },
    hostname: 'p',
    logDirectory: '',
    portMappings: [],
    labels: {},
    annotations: {},
    linux: { cgroupParent: '', namespaces, sysctls: {}, securityContext: {} },
  });
  const id = await client.createContainer(sandboxId, {
    metadata: { name: 'c', attempt: 0 },
    image: 'busybox',
    userImage: 'busybox',
    command: [],
    args: [],
    workingDir: '',
    env: [],
    mounts: [],
    devices: [],
    labels: {},
    annotations: {},
    logPath: '',
    stdin: false,
    stdinOnce: false,
    tty: false,
    linux: { resources: { memoryLimitBytes: 5 }, securityContext: {} },
  });
  assert.equal((await client.containerStatus(id)).resources.memoryLimitBytes, 5);
  const abort = new AbortController();
  const running = client.execSync(id, ['sleep'], { signal: abort.signal });
  await began.promise;
  abort.abort();
  await assert.rejects(running, { name: 'AbortError' });
  await ended.promise;
});
