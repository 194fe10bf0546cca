import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { openPortForward } from './open-port-forward.ts';
import { servePortForward } from './serve-port-forward.ts';
import { realClock } from './testing/real-clock.ts';
import { UpgradeServer } from './testing/upgrade-server.ts';

/** A port on which whatever comes is sent back. */
let echo: Server;
const echoed = new Set<Socket>();
before(async () => {
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    echoed.add(socket);
    socket.on('close', () => echoed.delete(socket)).on('error', () => {});
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
});
after(() => echo.close());

const givenUp: number[] = [];

/** 80 leads to the echo, 81 nowhere, 82 to a server that says nothing and never ends. */
function portServer(): UpgradeServer {
  return new UpgradeServer((request, socket, head) =>
    servePortForward(request, socket, head, { clock: realClock }, async (port, { signal }) => {
      if (port === 81) throw new Error('connection refused');
      if (port === 82) {
        await once(signal, 'abort');
        givenUp.push(port);
        throw new Error('given up');
      }
      const connection = connect({ port: (echo.address() as AddressInfo).port, allowHalfOpen: true });
      await once(connection, 'connect');
      return connection;
    }),
  );
}

for (const transport of ['websocket', 'spdy'] as const) {
  const options = { clock: realClock, transport };

  test(`${transport}: connections to a port come back whole, many at once`, async () => {
    await using server = portServer();
    await using session = await openPortForward(await server.listen(), options);
    const rounds = Array.from({ length: 20 }, async () => {
      const sent = randomBytes(500_000);
      const stream = await session.connect(80);
      stream.end(sent);
      assert.equal(sha(await buffer(stream)), sha(sent));
    });
    await Promise.all(rounds);
  });

  test(`${transport}: a connection that fails tells why and harms no other`, async () => {
    await using server = portServer();
    await using session = await openPortForward(await server.listen(), options);
    const good = await session.connect(80);
    good.write('before ');
    const bad = await session.connect(81);
    await assert.rejects(buffer(bad), /error forwarding port 81: connection refused/);
    good.end('after');
    assert.equal(await text(good), 'before after');
  });

  test(`${transport}: a connection whose reader sleeps does not hold up the others`, async () => {
    await using server = portServer();
    await using session = await openPortForward(await server.listen(), options);
    const sleeper = await session.connect(80);
    sleeper.on('error', () => {});
    sleeper.write(Buffer.alloc(20_000_000));
    await wait(100);
    const awake = await session.connect(80);
    const sent = randomBytes(2_000_000);
    awake.end(sent);
    assert.equal(sha(await buffer(awake)), sha(sent));
    sleeper.destroy();
  });

  test(`${transport}: what was being forwarded is closed when the client gives it up`, async () => {
    await using server = portServer();
    await using session = await openPortForward(await server.listen(), options);
    const stream = await session.connect(80);
    stream.write('x');
    await once(stream, 'data');
    assert.equal(echoed.size, 1);
    stream.destroy();
    while (echoed.size > 0) await wait(5);
  });

  test(`${transport}: what was being dialled is given up when the client leaves`, async () => {
    await using server = portServer();
    const session = await openPortForward(await server.listen(), options);
    givenUp.length = 0;
    const stream = await session.connect(82);
    stream.on('error', () => {});
    await session[Symbol.asyncDispose]();
    await Promise.all(server.served);
    while (givenUp.length === 0) await wait(5);
    await assert.rejects(session.connect(80), /takes no more streams/);
  });

  test(`${transport}: a connection that is lost is no end of its data`, async () => {
    await using server = portServer();
    await using session = await openPortForward(await server.listen(), options);
    const stream = await session.connect(80);
    stream.write('x');
    await once(stream, 'data');
    for (const socket of server.sockets) socket.destroy();
    await assert.rejects(buffer(stream), /lost/);
  });

  test(`${transport}: a port that is none is refused`, async () => {
    await using server = portServer();
    await using session = await openPortForward(await server.listen(), options);
    await assert.rejects(session.connect(70_000), /refused the stream/);
  });
}

test('channels of a WebSocket: each port is announced, a failing one says so, the last end closes', async () => {
  await using server = portServer();
  const url = new URL('/?ports=80&ports=81', await server.listen());
  const socket = new WebSocket(url.href.replace('http', 'ws'), ['v4.channel.k8s.io']);
  const got = new Map<number, string>();
  socket.on('message', (data) => {
    const message = data as Buffer;
    const channel = message[0] ?? -1;
    got.set(channel, (got.get(channel) ?? '') + message.toString('latin1', 1));
    if (got.get(0) === 'P\0hello') for (const open of echoed) open.destroy();
  });
  socket.on('open', () => socket.send('\0hello'));
  await once(socket, 'close');
  assert.equal(got.get(0), 'P\0hello');
  assert.equal(got.get(1), 'P\0');
  assert.equal(got.get(2), 'Q\0');
  assert.equal(got.get(3), 'Q\0error forwarding port 81: connection refused');
});

test('channels of a WebSocket: without a port the request is refused', async () => {
  await using server = portServer();
  const url = await server.listen();
  const socket = new WebSocket(url.href.replace('http', 'ws'), ['v4.channel.k8s.io']);
  const [error] = (await once(socket, 'error').catch((error: unknown) => [error])) as [Error];
  assert.match(error.message, /400/);
});

function sha(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
