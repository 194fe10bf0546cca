import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { readCommandOptions } from './command-options.ts';
import { openRemoteCommand } from './open-remote-command.ts';
import { proxyUpgrade } from './proxy-upgrade.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { serveRemoteCommand } from './serve-remote-command.ts';
import { ProcessSession } from './testing/process-session.ts';
import { realClock } from './testing/real-clock.ts';
import { UpgradeServer } from './testing/upgrade-server.ts';

interface Target {
  server: UpgradeServer;
  requests: IncomingMessage[];
  sessions: ProcessSession[];
}

function commandTarget(): Target {
  const requests: IncomingMessage[] = [];
  const sessions: ProcessSession[] = [];
  const server = new UpgradeServer((request, socket, head) => {
    requests.push(request);
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const wanted = readCommandOptions(query);
    return serveRemoteCommand(
      request,
      socket,
      head,
      { ...wanted, verb: 'exec', clock: realClock },
      async () => {
        const session = new ProcessSession(query.getAll('command'), wanted);
        sessions.push(session);
        return session;
      },
    );
  });
  return { server, requests, sessions };
}

/** Passes everything on to `base`, at the same path. */
function proxyTo(base: URL): UpgradeServer {
  return new UpgradeServer((request, socket, head) =>
    proxyUpgrade(request, socket, head, {
      url: new URL(request.url ?? '/', base),
      headers: { 'X-Remote-User': 'alice', 'X-Secret': undefined },
    }),
  );
}

const QUERY = '/exec?stdin=true&stdout=true';

for (const transport of ['websocket', 'spdy'] as const) {
  test(`${transport}: a command goes through, without the client's credentials`, async () => {
    const target = commandTarget();
    await using server = target.server;
    await using proxy = proxyTo(await server.listen());
    const url = new URL(`${QUERY}&command=cat`, await proxy.listen());
    const headers = { Authorization: 'Bearer secret', 'X-Secret': 'x', 'X-Kept': 'y', Cookie: 'a=b' };
    await using session = await openRemoteCommand(url, { clock: realClock, transport, headers });
    assert.ok(session.stdin && session.stdout);
    session.stdin.end('through the proxy');
    assert.equal(await text(session.stdout), 'through the proxy');
    assert.equal(await session.exit, 0);
    const seen = target.requests[0]?.headers ?? {};
    assert.deepEqual(
      ['authorization', 'cookie', 'x-secret', 'x-kept', 'x-remote-user'].map((name) => seen[name]),
      [undefined, undefined, undefined, 'y', 'alice'],
    );
  });

  test(`${transport}: the process behind the proxy ends when the client leaves`, async () => {
    const target = commandTarget();
    await using server = target.server;
    await using proxy = proxyTo(await server.listen());
    const url = new URL(`${QUERY}&command=sleep&command=1000`, await proxy.listen());
    const leaving = new AbortController();
    const session = await openRemoteCommand(url, { clock: realClock, transport, signal: leaving.signal });
    session.exit.catch(() => {});
    while (!target.sessions[0]) await wait(5);
    leaving.abort();
    while (!target.sessions[0].disposed) await wait(5);
    await Promise.all(proxy.served);
  });
}

test("the target's refusal is the client's", async () => {
  await using server = new UpgradeServer(async (_request, socket) => {
    refuseUpgrade(socket, { status: 'Failure', code: 404, message: 'pods "web" not found' });
  });
  await using proxy = proxyTo(await server.listen());
  const url = new URL(`${QUERY}&command=cat`, await proxy.listen());
  await assert.rejects(openRemoteCommand(url, { clock: realClock }), /pods "web" not found/);
  await Promise.all(proxy.served);
});

test('a target that cannot be reached is a bad gateway', async () => {
  await using proxy = proxyTo(new URL('http://127.0.0.1:1/'));
  const url = new URL(`${QUERY}&command=cat`, await proxy.listen());
  await assert.rejects(
    openRemoteCommand(url, { clock: realClock }),
    /cannot reach 127.0.0.1:1.*ECONNREFUSED/,
  );
});

test('a client that leaves while the target is silent takes the request with it', async () => {
  const silent: { destroyed: boolean }[] = [];
  await using server = new UpgradeServer(async (_request, socket) => {
    silent.push(socket);
    socket.resume();
    await once(socket, 'end');
    socket.destroy();
  });
  await using proxy = proxyTo(await server.listen());
  const client = connect(Number((await proxy.listen()).port), '127.0.0.1');
  client.write('GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  while (silent.length === 0) await wait(5);
  client.destroy();
  await Promise.all([...server.served, ...proxy.served]);
  assert.equal(silent[0]?.destroyed, true);
});
