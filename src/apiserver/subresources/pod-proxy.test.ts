import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { PODS } from '../../client/resource-types.ts';
import { listenUnix } from '../http/listen.ts';
import { inProcessTransport } from '../in-process-transport.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

let api: TestApi;
let behind: Server;
const dialled: number[] = [];

before(async () => {
  behind = createServer((request, response) => {
    if (request.url === '/away') response.setHeader('Location', '/there').writeHead(302).end();
    else {
      const said: string[] = [];
      request.setEncoding('utf8').on('data', (text: string) => said.push(text));
      request.on('end', () => {
        const { authorization, host } = request.headers;
        const { method, url } = request;
        response.setHeader('X-Own', 'yes').writeHead(201);
        response.end(JSON.stringify({ method, url, authorization, host, body: said.join('') }));
      });
    }
  }).listen(0, '127.0.0.1');
  await once(behind, 'listening');
  new WebSocketServer({ server: behind }).on('connection', (socket, { url, headers }) => {
    socket.send(JSON.stringify({ url, host: headers.host, authorization: headers.authorization }));
    socket.on('message', (text: Buffer) => socket.send(`echo ${text.toString()}`));
  });
  api = await startApi(undefined, undefined, undefined, {
    dial: async (_pod, port) => {
      dialled.push(port);
      if (port === 1) throw new Error('connection refused');
      return connect((behind.address() as AddressInfo).port, '127.0.0.1');
    },
  });
  await api.client.create(PODS, {
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'x:1', ports: [{ containerPort: 8080 }] }] },
  });
});
after(async () => {
  await api[Symbol.asyncDispose]();
  behind.close();
  behind.closeAllConnections();
});

async function ask(path: string, method: 'GET' | 'POST' = 'GET', body?: string) {
  const user = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
  await using transport = inProcessTransport(api.server.api, user);
  const answer = await transport.send({
    method,
    path: `/api/v1/namespaces/default/pods/${path}`,
    headers: { authorization: 'Bearer secret' },
    ...(body === undefined ? {} : { body }),
  });
  const parts: Uint8Array[] = [];
  for await (const part of answer.body) parts.push(part);
  return { status: answer.status, text: Buffer.concat(parts).toString() };
}

test('a request reaches the port that is named, and none of our credentials with it', async () => {
  const { status, text } = await ask('web:9090/proxy/a%2Fb?x=1&y=%20', 'POST', 'hello');
  assert.equal(status, 201);
  assert.deepEqual(JSON.parse(text), {
    method: 'POST',
    url: '/a%2Fb?x=1&y=%20',
    host: 'web:9090',
    body: 'hello',
  });
  assert.equal(dialled.at(-1), 9090);
});

test('without a port the first one of the pod is meant', async () => {
  await ask('http:web:/proxy/');
  assert.equal(dialled.at(-1), 8080);
});

test('the root of the proxy ends with a slash, and what is moved is moved behind it', async () => {
  assert.equal((await ask('web/proxy')).status, 301);
  assert.equal((await ask('web/proxy/away')).status, 302);
});

test('what cannot be reached is told, and what is not there not found', async () => {
  const refused = await ask('web:1/proxy/');
  assert.equal(refused.status, 503);
  assert.match(refused.text, /error trying to reach service: connection refused/);
  assert.equal((await ask('none/proxy/')).status, 404);
  assert.equal((await ask('web:70000/proxy/')).status, 400);
});

test('a WebSocket reaches the pod, and both sides hear each other', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pod-proxy-'));
  try {
    const path = join(directory, 'api.sock');
    await using _ = await listenUnix({ api: api.server.api, upgrade: api.server.upgrade }, path);
    const open = (target: string) =>
      new WebSocket(`ws+unix:${path}:/api/v1/namespaces/default/pods/${target}`, {
        headers: { authorization: 'Bearer secret' },
      });
    const heard: string[] = [];
    const socket = open('web:9090/proxy/chat?room=1').on('message', (text: Buffer) =>
      heard.push(text.toString()),
    );
    await once(socket, 'open');
    socket.send('hello');
    while (heard.length < 2) await once(socket, 'message');
    assert.deepEqual(JSON.parse(heard[0] ?? ''), { url: '/chat?room=1', host: 'web:9090' });
    assert.equal(heard[1], 'echo hello');
    socket.close();
    await once(socket, 'close');
    const [, answer] = (await once(open('web:1/proxy/'), 'unexpected-response')) as [
      unknown,
      { statusCode: number },
    ];
    assert.equal(answer.statusCode, 503);
  } finally {
    await rm(directory, { recursive: true });
  }
});
