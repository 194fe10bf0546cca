/** The server as it is reached from outside: TLS, certificates, tokens, the root-only socket, and bad manners. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import { type IncomingMessage, request } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { ApiClient } from '../../client/api-client.ts';
import { ApiError } from '../../client/api-error.ts';
import { httpsTransport, type HttpsTransportOptions } from '../../client/https-transport.ts';
import { CONFIG_MAPS, PODS, SERVICE_ACCOUNTS } from '../../client/resource-types.ts';
import { openPki, type Pki } from '../pki/open-pki.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { type Listener, listenTls, listenUnix } from './listen.ts';

let directory: string;
let api: TestApi;
let pki: Pki;
let secure: Listener;
let local: Listener;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'peapod-listen-'));
  pki = await openPki({
    directory: join(directory, 'pki'),
    names: ['127.0.0.1', 'localhost'],
    nowMs: Date.now(),
  });
  api = await startApi();
  const tls = { cert: pki.server.certificate, key: pki.server.key, clientCa: pki.authority.certificate };
  secure = await listenTls(api.server, { ...tls, host: '127.0.0.1', port: 0 });
  local = await listenUnix(api.server, join(directory, 'api.sock'));
});
after(async () => {
  await local[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
  assert.deepEqual(api.bugs, []);
});

function clientOver(options: Partial<HttpsTransportOptions>): AsyncDisposable & { client: ApiClient } {
  const transport = httpsTransport({
    server: `https://127.0.0.1:${secure.port}`,
    ca: pki.authority.certificate,
    ...options,
  });
  return {
    client: new ApiClient({ transport, name: 'test' }),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

async function codeOf(work: Promise<unknown>): Promise<number> {
  return work.then(
    () => 200,
    (error: unknown) => (error instanceof ApiError ? (error.status.code ?? 0) : assert.fail(String(error))),
  );
}

test('the administrator comes in with a certificate, and sees what is there', async () => {
  await using admin = clientOver({ certificate: pki.admin.certificate, key: pki.admin.key });
  const { items } = await admin.client.list(SERVICE_ACCOUNTS, {});
  assert.ok(items.some(({ metadata }) => metadata?.name === 'default'));
});

test('who has no credentials gets health and version, and nothing else', async () => {
  await using nobody = clientOver({});
  assert.equal(await codeOf(nobody.client.raw('GET', '/version')), 200);
  for (const path of ['/api/v1/pods', '/metrics', '/openapi/v2', '/api'])
    assert.equal(await codeOf(nobody.client.raw('GET', path)), 403, path);
});

test('a certificate that another authority signed, and a token that is not ours, are worth nothing', async () => {
  const other = await openPki({ directory: join(directory, 'other'), names: [], nowMs: Date.now() });
  await using stranger = clientOver({ certificate: other.admin.certificate, key: other.admin.key });
  assert.equal(await codeOf(stranger.client.list(PODS)), 403);
  await using forger = clientOver({ token: () => 'eyJhbGciOiJub25lIn0.e30.' });
  assert.equal(await codeOf(forger.client.list(PODS)), 401);
});

test("a service account's token is its user, as long as the account is there", async () => {
  const account = await api.client.create(SERVICE_ACCOUNTS, {
    metadata: { name: 'bob', namespace: 'default' },
  });
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [], expirationSeconds: 600 },
  };
  const { status } = await api.client.post<{ status: { token: string } }>(
    SERVICE_ACCOUNTS,
    'default',
    'bob',
    'token',
    request,
  );
  await using bob = clientOver({ token: () => status.token });
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const answer = await bob.client.raw<{ status: { userInfo: { username: string; uid: string } } }>(
    'POST',
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    review,
  );
  assert.equal(answer.status.userInfo.username, 'system:serviceaccount:default:bob');
  assert.equal(answer.status.userInfo.uid, account.metadata?.uid);
  assert.equal(await codeOf(bob.client.list(PODS, { namespace: 'default' })), 403);
  await api.client.delete(SERVICE_ACCOUNTS, 'default', 'bob');
  assert.equal(await codeOf(bob.client.list(PODS, { namespace: 'default' })), 401);
});

test("root's socket is root's alone, and needs no credentials", async () => {
  assert.equal((await stat(join(directory, 'api.sock'))).mode & 0o777, 0o600);
  await using root = clientOver({ server: 'http://localhost', socketPath: join(directory, 'api.sock') });
  assert.equal(await codeOf(root.client.list(PODS)), 200);
});

test('of too many writes at a time some are told to come again, and are taken then', async () => {
  const path = '/api/v1/namespaces/default/configmaps';
  const begin = () => {
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const options = { socketPath: join(directory, 'api.sock'), method: 'POST', path, headers };
    const sent = request({ ...options, agent: false });
    // Its head alone: the server waits for the rest.
    sent.on('error', () => {}).write('{');
    return sent;
  };
  await using root = clientOver({ server: 'http://localhost', socketPath: join(directory, 'api.sock') });
  const unfinished = Array.from({ length: 200 }, begin);
  const create = () =>
    root.client.create(CONFIG_MAPS, { metadata: { generateName: 'waits-', namespace: 'default' } }).then(
      () => undefined,
      (error: unknown) => error as ApiError,
    );
  let refused = await create();
  for (let tries = 0; refused === undefined && tries < 200; tries += 1) refused = await create();
  assert.equal(refused?.status.code, 429);
  assert.equal(refused?.status.reason, 'TooManyRequests');
  assert.equal(refused?.retryAfterSeconds, 1);
  const late = begin();
  const [answer] = (await once(late, 'response')) as [IncomingMessage];
  assert.equal(answer.headers['retry-after'], '1');
  for (const sent of [...unfinished, late]) sent.destroy();
  while ((await create()) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a watch comes over TLS too, and ends when the client leaves', async () => {
  await using admin = clientOver({ certificate: pki.admin.certificate, key: pki.admin.key });
  const { resourceVersion } = await admin.client.list(CONFIG_MAPS, {});
  await admin.client.create(CONFIG_MAPS, { metadata: { name: 'watched', namespace: 'default' } });
  for await (const { type, object } of admin.client.watch(CONFIG_MAPS, { resourceVersion })) {
    assert.equal(
      `${type} ${object.metadata && 'name' in object.metadata ? object.metadata.name : ''}`,
      'ADDED watched',
    );
    break;
  }
});

test('HTTP/2 is spoken to who asks for it', async () => {
  const session = connectHttp2(`https://127.0.0.1:${secure.port}`, { ca: pki.authority.certificate });
  const stream = session.request({ ':path': '/healthz' });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  session.close();
  assert.equal(text, 'ok');
});

interface Heard {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

async function overHttp2(
  session: ClientHttp2Session,
  method: string,
  path: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<Heard> {
  const stream = session.request(
    { ':method': method, ':path': path, 'content-type': 'application/json', ...headers },
    { endStream: body === undefined },
  );
  if (headers['expect'] === '100-continue') await once(stream, 'continue');
  if (body !== undefined) stream.end(body);
  const heard: Heard = { status: undefined, headers: {}, body: '' };
  stream.on('response', (got) => Object.assign(heard, { status: got[':status'], headers: got }));
  for await (const chunk of stream) heard.body += String(chunk);
  return heard;
}

test('over HTTP/2 all is as over HTTP/1: bodies, warnings, refusals, HEAD, watches, and clients that leave', async () => {
  const { certificate: cert, key } = pki.admin;
  const url = `https://127.0.0.1:${secure.port}`;
  const session = connectHttp2(url, { ca: pki.authority.certificate, cert, key });
  const path = '/api/v1/namespaces/default/configmaps';
  const watch = session.request({ ':path': `${path}?watch=1&fieldSelector=metadata.name%3Dtwo` });
  const body = JSON.stringify({ metadata: { name: 'two' }, data: { k: 'v' }, other: 1 });
  const created = await overHttp2(session, 'POST', path, { body, headers: { expect: '100-continue' } });
  assert.equal(created.status, 201);
  assert.match(String(created.headers['warning']), /unknown field \\"other\\"/);
  assert.equal(Number(created.headers['content-length']), Buffer.byteLength(created.body));
  const [event] = (await once(watch, 'data')) as [Buffer];
  assert.match(event.toString(), /^\{"type":"ADDED"/);
  watch.close();
  const got = await overHttp2(session, 'GET', `${path}/two`);
  assert.deepEqual(JSON.parse(got.body), JSON.parse(created.body));
  const head = await overHttp2(session, 'HEAD', `${path}/two`);
  assert.deepEqual([head.status, head.body], [200, '']);
  assert.equal((await overHttp2(session, 'POST', path, { body })).status, 409);
  assert.equal((await overHttp2(session, 'POST', path, { body: 'x'.repeat(4 * 1024 ** 2) })).status, 413);
  // Who breaks off in the middle of a body is forgotten.
  const broken = session.request({ ':method': 'POST', ':path': path });
  broken.on('error', () => {});
  broken.write('{');
  broken.close(constants.NGHTTP2_CANCEL);
  await once(broken, 'close');
  assert.equal((await overHttp2(session, 'DELETE', `${path}/two`)).status, 200);
  session.close();
});

test('a body over 3 MiB is refused, and the server goes on', async () => {
  await using admin = clientOver({ certificate: pki.admin.certificate, key: pki.admin.key });
  const data = { a: 'x'.repeat(4 * 1024 * 1024) };
  const huge = { metadata: { name: 'huge', namespace: 'default' }, data };
  assert.equal(await codeOf(admin.client.create(CONFIG_MAPS, huge)), 413);
  assert.equal(await codeOf(admin.client.list(PODS)), 200);
});

test('rubbish on the wire harms nobody', async () => {
  for (const rubbish of [
    '\0\0\0\0\0\0',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /%zz HTTP/1.1\r\nhost: x\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
  ]) {
    const socket = connectTls({ port: secure.port, host: '127.0.0.1', ca: pki.authority.certificate });
    socket.on('error', () => {});
    socket.end(rubbish);
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
  }
  await using nobody = clientOver({});
  assert.equal(await codeOf(nobody.client.raw('GET', '/version')), 200);
});
