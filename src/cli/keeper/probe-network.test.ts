import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { exchangeBytes, repeatExchange } from '../../runtime/linux/exchange-bytes.ts';
import { networkDialer as dialerBy } from '../../agent/probes/network-dialer.ts';
import { systemClock } from '../system-clock.ts';
import type { HttpRequest } from '../../agent/probes/probe-dialer.ts';

const networkDialer = dialerBy({ exchange: exchangeBytes, repeat: repeatExchange, clock: systemClock });

async function listening<T extends Server>(server: T): Promise<{ port: number } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

function httpServer(handler: RequestListener): Promise<{ port: number } & AsyncDisposable> {
  return listening(createServer(handler));
}

function get(port: number, rest: Partial<HttpRequest> = {}): HttpRequest {
  return { scheme: 'http', host: '127.0.0.1', port, path: '/', headers: [], timeoutMs: 2000, ...rest };
}

test('a request carries its path, query, headers and the Host that the manifest names', async () => {
  await using server = await httpServer((request, response) => {
    response.end(JSON.stringify([request.url, request.headers.host, request.headers['x-one']]));
  });
  const headers = [
    { name: 'Host', value: 'shop.example' },
    { name: 'X-One', value: '1' },
  ];
  const answer = await networkDialer.http(get(server.port, { path: '/a%20b?c=d', headers }));
  assert.deepEqual(JSON.parse(answer.body), ['/a%20b?c=d', 'shop.example', '1']);
});

test('only 10 KiB of a body are read', async () => {
  await using server = await httpServer((_, response) => response.end('x'.repeat(50_000)));
  assert.equal((await networkDialer.http(get(server.port))).body.length, 10_240);
});

test('redirects are followed on the same host, and told of when they lead elsewhere', async () => {
  await using server = await httpServer(({ url }, response) => {
    if (url === '/') response.writeHead(302, { location: '/next' }).end();
    else if (url === '/next') response.end('arrived');
    else response.writeHead(301, { location: 'http://elsewhere.example/' }).end();
  });
  assert.equal((await networkDialer.http(get(server.port))).body, 'arrived');
  const away = await networkDialer.http(get(server.port, { path: '/away' }));
  assert.equal(away.redirectedTo, 'http://elsewhere.example/');
});

test('a server that does not answer in time, and one that is not there, are told apart', async () => {
  const { port } = await (async () => {
    await using gone = await listening(createTcpServer());
    return gone;
  })();
  await assert.rejects(networkDialer.http(get(port)), {
    message: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
  await assert.rejects(networkDialer.tcp({ host: '127.0.0.1', port, timeoutMs: 1000 }), {
    message: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
  const sockets: { destroy(): void }[] = [];
  await using silent = await listening(createTcpServer((socket) => void sockets.push(socket)));
  await networkDialer.tcp({ host: '127.0.0.1', port: silent.port, timeoutMs: 1000 });
  await assert.rejects(networkDialer.http(get(silent.port, { timeoutMs: 30 })), /Client.Timeout exceeded/);
  for (const socket of sockets) socket.destroy();
});

test('a name is looked up, and one that nobody has is told', async () => {
  await using server = await httpServer((_, response) => response.end('here'));
  assert.equal((await networkDialer.http(get(server.port, { host: 'localhost' }))).body, 'here');
  await assert.rejects(networkDialer.tcp({ host: 'nobody.invalid', port: 80, timeoutMs: 5000 }), {
    message: 'dial tcp: lookup nobody.invalid: no such host',
  });
});

test('a header that would say more than itself is not sent', async () => {
  let asked = 0;
  await using server = await httpServer((_, response) => {
    asked += 1;
    response.end();
  });
  const headers = [{ name: 'X-One', value: '1\r\nX-Two: 2' }];
  await assert.rejects(networkDialer.http(get(server.port, { headers })), {
    message: 'net/http: invalid header field value for "X-One"',
  });
  assert.equal(asked, 0);
});

test('one that speaks something else is not taken for a server of HTTP', async () => {
  await using server = await listening(createTcpServer((socket) => socket.resume().end('220 mail\r\n')));
  await assert.rejects(networkDialer.http(get(server.port)), /malformed HTTP response "220 mail"$/);
});

test('a gRPC server is asked for the health of a service', async () => {
  const asked: Buffer[] = [];
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    assert.equal(headers[':path'], '/grpc.health.v1.Health/Check');
    stream.on('data', (chunk: Buffer) => void asked.push(chunk));
    stream.on('end', () => {
      const status = asked.at(-1)?.includes('bad') ? 2 : 1;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, status]));
    });
  });
  await using listener = await listening(server as unknown as Server);
  const target = { host: '127.0.0.1', port: listener.port, timeoutMs: 2000 };
  assert.equal(await networkDialer.grpc({ ...target, service: 'good' }), 'SERVING');
  assert.deepEqual([...(asked[0] ?? [])], [0, 0, 0, 0, 6, 0x0a, 4, ...Buffer.from('good')]);
  assert.equal(await networkDialer.grpc({ ...target, service: 'bad' }), 'NOT_SERVING');
});

test('a server without the health service says so', async () => {
  const server = createHttp2Server();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
      { endStream: true },
    );
  });
  await using listener = await listening(server as unknown as Server);
  await assert.rejects(
    networkDialer.grpc({ host: '127.0.0.1', port: listener.port, service: '', timeoutMs: 2000 }),
    /does not implement the grpc health protocol/,
  );
});

test('what goes well is asked again in every period, and what does not is answered as by itself', async () => {
  let status = 200;
  const asked: (string | undefined)[] = [];
  await using server = await httpServer(({ url }, response) => {
    asked.push(url);
    const location = url === '/next' ? 'http://elsewhere.example/' : '/next';
    response.writeHead(status, status === 302 ? { location } : {}).end('body');
  });
  const talk = { kind: 'http', request: get(server.port, { path: '/ok' }) } as const;
  const signal = AbortSignal.timeout(20_000);
  for (const turn of [500, 302]) {
    status = 200;
    asked.length = 0;
    const over = networkDialer.rest?.(talk, { at: Date.now(), periodMs: 20 }, { signal });
    while (asked.length < 3) await delay(5);
    status = turn;
    const answer = await (await over)?.dialer.http(talk.request);
    if (turn === 500) assert.deepEqual(answer, { status: 500, body: 'body' });
    else assert.equal(answer?.redirectedTo, 'http://elsewhere.example/');
    assert.deepEqual(new Set(asked), new Set(turn === 500 ? ['/ok'] : ['/ok', '/next']));
  }
});

test('a port that is not listened to any more ends a rest', async () => {
  const over = await (async () => {
    const accepted: unknown[] = [];
    await using server = await listening(
      createTcpServer((socket) => {
        accepted.push(socket.destroy());
      }),
    );
    const target = { host: '127.0.0.1', port: server.port, timeoutMs: 1000 };
    const rest = networkDialer.rest?.(
      { kind: 'tcp', target },
      { at: Date.now(), periodMs: 20 },
      { signal: AbortSignal.timeout(20_000) },
    );
    while (accepted.length < 3) await delay(5);
    return { rest, target };
  })();
  const unrest = await over.rest;
  assert.ok(Math.abs((unrest?.beganAt ?? 0) - Date.now()) < 5000);
  await assert.rejects(async () => unrest?.dialer.tcp(over.target), {
    message: `dial tcp 127.0.0.1:${over.target.port}: connect: connection refused`,
  });
});

test('neither names nor HTTPS are asked in that way', () => {
  const beat = { at: Date.now(), periodMs: 1000 };
  const call = { signal: new AbortController().signal };
  const tcp = { kind: 'tcp', target: { host: 'localhost', port: 80, timeoutMs: 1000 } } as const;
  assert.equal(networkDialer.rest?.(tcp, beat, call), undefined);
  const request = get(443, { scheme: 'https' });
  assert.equal(networkDialer.rest?.({ kind: 'http', request }, beat, call), undefined);
});
