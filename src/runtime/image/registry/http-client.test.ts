import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import { startFakeRegistry } from '../testing/fake-registry.ts';
import { openHttpClient, readText } from './http-client.ts';
import { RegistrySession } from './registry-session.ts';

/** An https server whose certificate nobody vouches for. */
async function startTlsServer(
  root: string,
): Promise<AsyncDisposable & { host: string; certificate: string }> {
  const [key, certificate] = [join(root, 'key.pem'), join(root, 'cert.pem')];
  const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
    ].concat(['-keyout', key, '-out', certificate]),
    { stdio: 'ignore' },
  );
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) =>
    response.end('hello'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    host: `127.0.0.1:${address.port}`,
    certificate,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

test('a certificate counts when certs.d vouches for it, or when the registry is insecure', async () => {
  const root = mkdtempSync(join(tmpdir(), 'peapod-tls-'));
  try {
    await using server = await startTlsServer(root);
    const certs = join(root, 'certs.d');
    const ask = async (insecure: boolean) => {
      await using client = await openHttpClient({
        host: server.host,
        insecure,
        certsDirectories: [certs],
        env: {},
      });
      return readText(await client.send(new URL(`https://${server.host}/`), { headers: {} }));
    };
    await assert.rejects(ask(false), /self-signed certificate/);
    assert.equal(await ask(true), 'hello');
    mkdirSync(join(certs, server.host), { recursive: true });
    copyFileSync(server.certificate, join(certs, server.host, 'ca.crt'));
    assert.equal(await ask(false), 'hello');
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('a registry that speaks plain http is not believed unless it may, and the message says how', async () => {
  await using registry = await startFakeRegistry();
  const sleeps: number[] = [];
  await using session = await RegistrySession.open(
    { host: registry.host, path: 'a', name: `${registry.host}/a`, insecure: false },
    {
      clock: { now: () => 0, sleep: async (delayMs) => void sleeps.push(delayMs) },
      env: {},
      certsDirectories: [],
      credentials: async () => undefined,
    },
  );
  await assert.rejects(
    session.get('manifests/1'),
    (error) =>
      isPeapodError(error, 'RegistryUnavailable') && error.hint?.includes('set insecure = true') === true,
  );
  assert.deepEqual(sleeps, []);
  assert.equal(registry.requests.length, 0);
});

test('what authorises goes to no other host, and https never becomes http on the way', async () => {
  await using first = await startFakeRegistry();
  await using second = await startFakeRegistry();
  first.intercept = (request, response) => {
    const location = request.url === '/file' ? 'file:///etc/passwd' : `http://${second.host}/x`;
    response.writeHead(307, { location }).end();
    return true;
  };
  await using client = await openHttpClient({ host: first.host, insecure: true, env: {} });
  const headers = { authorization: 'Basic secret', range: 'bytes=5-' };
  await (await client.send(new URL(`http://${first.host}/`), { headers })).body.dump();
  assert.equal(first.requests[0]?.headers.authorization, 'Basic secret');
  assert.equal(second.requests[0]?.headers.authorization, undefined);
  assert.equal(second.requests[0]?.headers.range, 'bytes=5-');
  await assert.rejects(client.send(new URL(`http://${first.host}/file`), { headers }), /not secure/);
  const form = { headers: {}, body: 'refresh_token=secret' };
  await assert.rejects(client.send(new URL(`http://${first.host}/`), form), /redirect of a token request/);
});

test('a loop of redirects ends', async () => {
  await using registry = await startFakeRegistry();
  registry.intercept = (_, response) => {
    response.writeHead(302, { location: '/again' }).end();
    return true;
  };
  await using client = await openHttpClient({ host: registry.host, insecure: true, env: {} });
  await assert.rejects(
    client.send(new URL(`http://${registry.host}/`), { headers: {} }),
    /more than 5 redirects/,
  );
});
