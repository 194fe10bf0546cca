import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { containerPaths } from '../../src/runtime/container/container-paths.ts';
import { containerStatus } from '../../src/runtime/container/container-status.ts';
import { createContainer } from '../../src/runtime/container/create-container.ts';
import { startContainer } from '../../src/runtime/container/start-container.ts';
import {
  type ContainerHost,
  openContainerHost,
  shellContainer,
} from '../../src/runtime/container/testing/container-host.ts';
import { openAttachSocket } from '../../src/runtime/stream/attach-socket.ts';
import { attach } from '../../src/runtime/stream/attach.ts';
import type { ContainerConfig } from '../../src/runtime/pod-runtime.ts';

let host: ContainerHost;
before(async () => {
  host = await openContainerHost();
});
after(async () => host[Symbol.asyncDispose]());

async function create(name: string, command: string, more: Partial<ContainerConfig>): Promise<string> {
  return await createContainer(host.context, host.sandbox.id, shellContainer(name, command, more));
}

test('one who attaches before the start sees all, both streams apart, and the exit code', async () => {
  const id = await create('talks', 'echo out; echo err >&2; exit 6', {});
  await using session = await attach(host.context, id, { tty: false, stdin: false });
  await startContainer(host.context, id);
  const [out, err] = await Promise.all([text(session.stdout), text(session.stderr!)]);
  assert.deepEqual([out, err, await session.exit], ['out\n', 'err\n', 6]);
  assert.equal(session.stdin, undefined);
});

test('input reaches the container, and with stdinOnce ends with the first client', async () => {
  const id = await create('counts', 'wc -c', { stdin: true, stdinOnce: true });
  await startContainer(host.context, id);
  await using session = await attach(host.context, id, { tty: false, stdin: true });
  session.stdin?.end('x'.repeat(200_000));
  assert.equal((await text(session.stdout)).trim(), '200000');
  assert.equal(await session.exit, 0);
});

test('without stdinOnce the input stays open for the next client', async () => {
  const id = await create('reads', 'read a; echo first $a; read b; echo second $b', { stdin: true });
  await startContainer(host.context, id);
  {
    await using session = await attach(host.context, id, { tty: false, stdin: true });
    const seen = new Seen(session.stdout);
    session.stdin?.end('one\n');
    await seen.until(/first one/);
  }
  assert.equal((await containerStatus(host.context, id)).state, 'CONTAINER_RUNNING');
  await using session = await attach(host.context, id, { tty: false, stdin: true });
  const seen = new Seen(session.stdout);
  session.stdin?.write('two\n');
  await seen.until(/second two/);
  assert.equal(await session.exit, 0);
});

test('a terminal has one stream and a size', async () => {
  const id = await create('shell', 'read x; while ! stty size | grep "34 91"; do sleep 0.05; done; exit 3', {
    stdin: true,
    tty: true,
  });
  await startContainer(host.context, id);
  await using session = await attach(host.context, id, {
    tty: true,
    stdin: true,
    size: { columns: 90, rows: 33 },
  });
  assert.equal(session.stderr, undefined);
  const seen = new Seen(session.stdout);
  session.resize({ columns: 91, rows: 34 });
  await delay(200);
  session.stdin?.write('go\r');
  await seen.until(/34 91/);
  assert.equal(await session.exit, 3);
});

test('two clients see the same', async () => {
  const id = await create('both', 'sleep 0.3; echo hello', {});
  await startContainer(host.context, id);
  await using first = await attach(host.context, id, { tty: false, stdin: false });
  await using second = await attach(host.context, id, { tty: false, stdin: false });
  assert.deepEqual(await Promise.all([text(first.stdout), text(second.stdout)]), ['hello\n', 'hello\n']);
});

test('a client that does not read is cut off, so that the container goes on', async () => {
  const id = await create('floods', 'yes | head -c 20000000; echo end', {});
  await startContainer(host.context, id);
  await using _silent = openAttachSocket(containerPaths(host.context.paths, id).attachSocket, 300);
  for (let waited = 0; waited < 10_000; waited += 100) {
    if ((await containerStatus(host.context, id)).state === 'CONTAINER_EXITED') return;
    await delay(100);
  }
  assert.fail('the container still waits for its reader');
});

test('detaching lets the container go on, and an abort detaches', async () => {
  const id = await create('stays', 'sleep 100', {});
  await startContainer(host.context, id);
  const abort = new AbortController();
  const session = await attach(host.context, id, { tty: false, stdin: false }, { signal: abort.signal });
  abort.abort();
  await text(session.stdout).catch(() => '');
  await session[Symbol.asyncDispose]();
  assert.equal((await containerStatus(host.context, id)).state, 'CONTAINER_RUNNING');
});

test('an ended container cannot be attached to', async () => {
  const id = await create('over', 'true', {});
  await startContainer(host.context, id);
  while ((await containerStatus(host.context, id)).state !== 'CONTAINER_EXITED') await delay(10);
  await assert.rejects(attach(host.context, id, { tty: false, stdin: false }), {
    code: 'FailedPrecondition',
  });
});

class Seen {
  text = '';
  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
    });
  }

  async until(pattern: RegExp): Promise<void> {
    for (let waited = 0; !pattern.test(this.text); waited += 20) {
      if (waited > 5000) assert.fail(`${String(pattern)} did not come; seen: ${JSON.stringify(this.text)}`);
      await delay(20);
    }
  }
}
