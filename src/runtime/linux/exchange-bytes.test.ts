import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import test from 'node:test';
import { exchangeBytes } from './exchange-bytes.ts';

async function listening(onSocket: (socket: Socket) => void, host = '127.0.0.1') {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    host,
    port: (server.address() as AddressInfo).port,
    timeoutMs: 5000,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const openSockets = (): number => readdirSync('/proc/self/fd').length;
const request = Buffer.from('hello\n');

test('what is said arrives, and what is answered until the other side closes is heard', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    await using server = await listening(
      (socket) => socket.once('data', (data) => socket.end(`${data.toString()}back`)),
      host,
    );
    assert.equal((await exchangeBytes({ ...server, request })).toString(), 'hello\nback');
  }
});

test('a talk ends as soon as enough was heard', async () => {
  await using server = await listening((socket) => socket.write('enough, and more to come'));
  const isEnough = (answer: Buffer) => answer.includes('enough');
  assert.match((await exchangeBytes({ ...server, request, isEnough })).toString(), /^enough/);
});

test('a long answer and a long request pass whole', async () => {
  const long = Buffer.alloc(400_000, 'x');
  await using server = await listening((socket) => {
    let length = 0;
    socket.on('data', (data: Buffer) => {
      length += data.length;
      if (length === long.length) socket.end(long);
    });
  });
  assert.equal((await exchangeBytes({ ...server, request: long })).length, long.length);
});

test('many talks at the same time are answered each by itself, in any order', async () => {
  await using server = await listening((socket) =>
    socket.once('data', (data) => void setTimeout(() => socket.end(data), 30 - Number(data))),
  );
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) => exchangeBytes({ ...server, request: Buffer.from(`${index}`) })),
  );
  assert.deepEqual(
    answers.map(String),
    Array.from({ length: 30 }, (_, index) => `${index}`),
  );
});

test('to be connected is enough where nothing is said', async () => {
  const accepted = Promise.withResolvers<void>();
  await using server = await listening(() => accepted.resolve());
  assert.equal((await exchangeBytes(server)).length, 0);
  await accepted.promise;
});

test('a closed port, a reset, silence, an error of the caller and an abort are told apart', async () => {
  const before = openSockets();
  const closed = await (async () => {
    await using gone = await listening(() => {});
    return gone;
  })();
  await assert.rejects(exchangeBytes(closed), { code: 'ECONNREFUSED', syscall: 'connect' });
  await using resets = await listening((socket) => void socket.once('data', () => socket.resetAndDestroy()));
  await assert.rejects(exchangeBytes({ ...resets, request }), { code: 'ECONNRESET', syscall: 'read' });
  await using silent = await listening((socket) => void socket.on('data', () => {}));
  const late = (error: NodeJS.ErrnoException) => error.code === 'ETIMEDOUT' && error.syscall === undefined;
  const begun = performance.now();
  await assert.rejects(exchangeBytes({ ...silent, request, timeoutMs: 50 }), late);
  assert.ok(performance.now() - begun >= 49);
  await using speaks = await listening((socket) => socket.write('x'));
  const isEnough = () => {
    throw new Error('mine');
  };
  await assert.rejects(exchangeBytes({ ...speaks, request, isEnough }), { message: 'mine' });
  const stop = new AbortController();
  const aborted = exchangeBytes({ ...silent, request }, { signal: stop.signal });
  stop.abort(new Error('not needed'));
  await assert.rejects(aborted, { message: 'not needed' });
  await assert.rejects(exchangeBytes({ ...silent, request }, { signal: stop.signal }), {
    message: 'not needed',
  });
  await assert.rejects(exchangeBytes({ ...closed, host: 'localhost' }), { name: 'RangeError' });
  await Promise.all([resets, silent, speaks].map((server) => server[Symbol.asyncDispose]()));
  assert.ok(openSockets() <= before + 3, 'a socket was left open');
});
