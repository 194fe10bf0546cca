import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import * as fc from 'fast-check';
import { WebSocket } from 'ws';
import { openRemoteCommand } from './open-remote-command.ts';
import { serveRemoteCommand } from './serve-remote-command.ts';
import { ProcessSession } from './testing/process-session.ts';
import { realClock } from './testing/real-clock.ts';
import { UpgradeServer } from './testing/upgrade-server.ts';

const wanted = { stdin: true, stdout: true, stderr: false, tty: true };

function serverOf(
  command: string[],
  heartbeatMs = 30_000,
): { server: UpgradeServer; sessions: ProcessSession[] } {
  const sessions: ProcessSession[] = [];
  const options = { ...wanted, verb: 'exec', clock: realClock, heartbeatMs } as const;
  const server = new UpgradeServer((request, socket, head) =>
    serveRemoteCommand(request, socket, head, options, async () => {
      const session = new ProcessSession(command, wanted);
      sessions.push(session);
      return session;
    }),
  );
  return { server, sessions };
}

async function openRaw(url: URL, options: object = {}): Promise<WebSocket> {
  const socket = new WebSocket(url.href.replace('http', 'ws'), ['v5.channel.k8s.io'], options);
  socket.on('error', () => {});
  await once(socket, 'open');
  return socket;
}

test('a client that answers no ping is left, and its process ended', async () => {
  const { server, sessions } = serverOf(['sleep', '1000'], 20);
  await using _ = server;
  const socket = await openRaw(await server.listen(), { autoPong: false });
  await once(socket, 'close');
  await Promise.all(server.served);
  assert.equal(sessions[0]?.disposed, true);
});

test('a client that answers pings may be silent', async () => {
  const { server, sessions } = serverOf(['sleep', '1000'], 20);
  await using _ = server;
  const socket = await openRaw(await server.listen());
  await wait(300);
  assert.equal(sessions[0]?.disposed, false);
  socket.terminate();
  await Promise.all(server.served);
});

test('a client is told that we live while its input waits to be read', async () => {
  const { server } = serverOf(['sleep', '1000'], 20);
  await using _ = server;
  const socket = await openRaw(await server.listen());
  for (let i = 0; i < 40; i++) socket.send(Buffer.alloc(100_000));
  await once(socket, 'pong');
  socket.terminate();
  await Promise.all(server.served);
});

test('a client that leaves while its input waits to be read is noticed', async () => {
  const { server, sessions } = serverOf(['sleep', '1000'], 20);
  await using _ = server;
  const socket = await openRaw(await server.listen());
  for (let i = 0; i < 40; i++) socket.send(Buffer.alloc(100_000));
  await once(socket, 'pong');
  socket.terminate();
  await Promise.all(server.served);
  assert.equal(sessions[0]?.disposed, true);
});

test('whatever messages come, the command goes on', async () => {
  const { server } = serverOf(['cat']);
  await using _ = server;
  const url = await server.listen();
  const message = fc.tuple(
    fc.constantFrom(0, 1, 3, 4, 5, 17, 255),
    fc.uint8Array({ maxLength: 100 }),
    fc.boolean(),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 30 }), async (messages) => {
      const socket = await openRaw(url);
      for (const [channel, data, isBinary] of messages) {
        // Input goes on until the end.
        if (channel === 255 && data[0] === 0) data[0] = 9;
        const body = isBinary
          ? Buffer.concat([Buffer.of(channel), data])
          : `${String.fromCharCode(channel)}text`;
        socket.send(body);
      }
      const got: Buffer[] = [];
      socket.on('message', (data) => got.push(data as Buffer));
      socket.send('\0the end');
      socket.send(Buffer.of(255, 0));
      await once(socket, 'close');
      const output = Buffer.concat(got.filter((data) => data[0] === 1).map((data) => data.subarray(1)));
      assert.ok(output.toString('latin1').endsWith('the end'));
      assert.match(String(got.at(-1)), /"status":"Success"/);
    }),
    { numRuns: 30 },
  );
});

test('bytes that are no WebSocket after the handshake end the session', async () => {
  const { server, sessions } = serverOf(['sleep', '1000']);
  await using _ = server;
  const socket = connect(Number((await server.listen()).port), '127.0.0.1');
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n',
  );
  await once(socket, 'data');
  socket.resume();
  socket.write(Buffer.alloc(1000, 0xff));
  await once(socket, 'close');
  await Promise.all(server.served);
  assert.equal(sessions[0]?.disposed, true);
});

test('a handshake without its key is refused, and the session never opened', async () => {
  const { server, sessions } = serverOf(['sleep', '1000']);
  await using _ = server;
  const socket = connect(Number((await server.listen()).port), '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1.1 400 /);
  await Promise.all(server.served);
  assert.equal(sessions.length, 0);
});

test('a server behind a UNIX socket is reached by a dial of ones own', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'peapod-streaming-'));
  const path = join(directory, 'api.sock');
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const options = { ...wanted, tty: false, verb: 'exec', clock: realClock } as const;
    void serveRemoteCommand(request, socket, head, options, async () => new ProcessSession(['cat'], wanted));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  try {
    for (const transport of ['websocket', 'spdy'] as const) {
      const url = new URL('http://localhost/exec?stdin=true&stdout=true');
      const dial = () => connect(path);
      await using session = await openRemoteCommand(url, { clock: realClock, transport, dial });
      assert.ok(session.stdin && session.stdout);
      session.stdin.end('hello');
      assert.equal(await text(session.stdout), 'hello');
      assert.equal(await session.exit, 0);
    }
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});
