import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../model/clock.ts';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { serveRemoteCommand } from '../serve-remote-command.ts';
import { ProcessSession } from '../testing/process-session.ts';
import { realClock } from '../testing/real-clock.ts';
import { UpgradeServer } from '../testing/upgrade-server.ts';
import { SpdyConnection } from './spdy-connection.ts';

const wanted = { stdin: false, stdout: true, stderr: false, tty: false };

function serverOf(command: string[], clock: Clock = realClock): UpgradeServer {
  return new UpgradeServer((request, socket, head) =>
    serveRemoteCommand(
      request,
      socket,
      head,
      { ...wanted, verb: 'exec', clock },
      async () => new ProcessSession(command, wanted),
    ),
  );
}

async function upgrade(url: URL, headers: Record<string, string>): Promise<Duplex> {
  const asked = request(url, {
    method: 'POST',
    headers: { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', ...headers },
  });
  asked.end();
  const [, socket] = await once(asked, 'upgrade');
  return socket as Duplex;
}

function clientOn(socket: Duplex): SpdyConnection {
  return new SpdyConnection(socket, { side: 'client', clock: realClock, heartbeatMs: 30_000 });
}

test('a client that names no protocol is spoken to as the first ones were: errors come in plain text', async () => {
  await using server = serverOf(['sh', '-c', 'echo out; exit 7']);
  const client = clientOn(await upgrade(await server.listen(), {}));
  const [error, stdout] = await Promise.all(
    ['error', 'stdout'].map((type) => client.open(new Map([['streamtype', type]]))),
  );
  assert.ok(error && stdout);
  assert.equal(await text(stdout), 'out\n');
  assert.equal(await text(error), 'command terminated with non-zero exit code: exit status 7');
  await client.close();
});

test('a client whose protocols are all unknown is told which there are', async () => {
  await using server = serverOf(['true']);
  const url = await server.listen();
  const socket = connect(Number(url.port), '127.0.0.1');
  socket.write(
    'POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v9\r\n\r\n',
  );
  const answer = await text(socket);
  assert.match(answer, /^HTTP\/1.1 403 Forbidden\r\n/);
  assert.match(answer, /X-Accepted-Stream-Protocol-Versions: v4.channel.k8s.io, v3/);
});

test('a client that never opens its streams is left', async () => {
  const clock = new FakeClock();
  await using server = serverOf(['true'], clock);
  const headers = { 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' };
  const client = clientOn(await upgrade(await server.listen(), headers));
  await client.open(new Map([['streamtype', 'error']]));
  for (let seconds = 0; seconds < 60 && !client.gone.aborted; seconds += 10) {
    await clock.advance(10_000);
    await wait(5);
  }
  assert.equal(client.gone.aborted, true);
  await Promise.all(server.served);
  assert.equal(clock.sleeping, 0);
});

test('a stream that was not asked for is refused', async () => {
  await using server = serverOf(['sleep', '1000']);
  const headers = { 'X-Stream-Protocol-Version': 'v4.channel.k8s.io' };
  const client = clientOn(await upgrade(await server.listen(), headers));
  await client.open(new Map([['streamtype', 'stdout']]));
  await assert.rejects(client.open(new Map([['streamtype', 'stdin']])), /refused/);
  await assert.rejects(client.open(new Map([['streamtype', 'stdout']])), /refused/);
  client.terminate();
});

test('a request that asks for neither protocol is refused', async () => {
  await using server = serverOf(['true']);
  const socket = connect(Number((await server.listen()).port), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1.1 400 [^]*has to be upgraded to websocket or SPDY\/3.1/);
});
