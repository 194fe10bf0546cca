import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { isPeapodError } from '../model/errors.ts';
import { readCommandOptions } from './command-options.ts';
import { openPortForward } from './open-port-forward.ts';
import { openRemoteCommand } from './open-remote-command.ts';
import { proxyUpgrade } from './proxy-upgrade.ts';
import { servePortForward } from './serve-port-forward.ts';
import { serveRemoteCommand } from './serve-remote-command.ts';
import { ProcessSession } from './testing/process-session.ts';
import { realClock } from './testing/real-clock.ts';
import { UpgradeServer } from './testing/upgrade-server.ts';

const root = mkdtempSync(join(tmpdir(), 'peapod-streaming-'));
const sockets = new Set<Duplex>();
let server: Http2SecureServer;
let base: URL;
let ca: Buffer;

/** A server of HTTP/2 that also takes HTTP/1.1, which upgrades need. */
before(async () => {
  const [key, certificate] = [join(root, 'key.pem'), join(root, 'cert.pem')];
  const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files], { stdio: 'ignore' });
  ca = readFileSync(certificate);
  server = createSecureServer({ key: readFileSync(key), cert: ca, allowHTTP1: true });
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    sockets.add(socket);
    const { pathname, searchParams } = new URL(request.url, 'https://localhost');
    if (pathname === '/portforward') {
      void servePortForward(request, socket, head, { clock: realClock }, async (port) => connect({ port }));
    } else {
      const wanted = readCommandOptions(searchParams);
      const options = { ...wanted, verb: 'exec', clock: realClock } as const;
      void serveRemoteCommand(
        request,
        socket,
        head,
        options,
        async () => new ProcessSession(['cat'], wanted),
      );
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
});

after(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(root, { recursive: true });
});

for (const transport of ['websocket', 'spdy'] as const) {
  test(`${transport}: a command and a port over TLS, at a server of HTTP/2`, async () => {
    const options = { clock: realClock, transport, tls: { ca } };
    const url = new URL('/exec?stdin=true&stdout=true', base);
    await using session = await openRemoteCommand(url, options);
    assert.ok(session.stdin && session.stdout);
    session.stdin.end('hello');
    assert.equal(await text(session.stdout), 'hello');
    assert.equal(await session.exit, 0);

    const target = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(target, 'listening');
    await using forward = await openPortForward(new URL('/portforward', base), options);
    const stream = await forward.connect((target.address() as AddressInfo).port);
    assert.equal(await text(stream), 'hello');
    target.close();
  });

  test(`${transport}: a server that nobody vouches for is not spoken to`, async () => {
    const url = new URL('/exec?stdin=true&stdout=true', base);
    await assert.rejects(openRemoteCommand(url, { clock: realClock, transport }), (error) => {
      return isPeapodError(error, 'Unavailable') && /self-signed certificate/.test(error.message);
    });
  });

  test(`${transport}: a connection is passed on to a server with TLS`, async () => {
    await using proxy = new UpgradeServer((request, socket, head) =>
      proxyUpgrade(request, socket, head, { url: new URL(request.url ?? '/', base), tls: { ca } }),
    );
    const url = new URL('/exec?stdin=true&stdout=true', await proxy.listen());
    await using session = await openRemoteCommand(url, { clock: realClock, transport });
    assert.ok(session.stdin && session.stdout);
    session.stdin.end('hello');
    assert.equal(await text(session.stdout), 'hello');
    assert.equal(await session.exit, 0);
  });
}
