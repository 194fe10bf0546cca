import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { isPeapodError } from '../model/errors.ts';
import { readCommandOptions } from './command-options.ts';
import { openRemoteCommand } from './open-remote-command.ts';
import type { RemoteSession } from './remote-session.ts';
import { serveRemoteCommand } from './serve-remote-command.ts';
import { ProcessSession } from './testing/process-session.ts';
import { realClock } from './testing/real-clock.ts';
import { UpgradeServer } from './testing/upgrade-server.ts';

const sessions: ProcessSession[] = [];

function commandServer(open?: () => Promise<RemoteSession>): UpgradeServer {
  return new UpgradeServer((request, socket, head) => {
    const url = queryOf(request);
    const wanted = readCommandOptions(url.searchParams);
    const verb = url.pathname === '/attach' ? 'attach' : 'exec';
    const options = { ...wanted, verb, clock: realClock } as const;
    const run = async () => {
      const session = new ProcessSession(url.searchParams.getAll('command'), wanted);
      sessions.push(session);
      return session;
    };
    return serveRemoteCommand(request, socket, head, options, open ?? run);
  });
}

function queryOf(request: IncomingMessage): URL {
  return new URL(request.url ?? '/', 'http://localhost');
}

function execUrl(base: URL, streams: string, ...command: string[]): URL {
  const url = new URL('/exec', base);
  url.search = new URLSearchParams([
    ...streams.split(' ').map((name) => [name, 'true']),
    ...command.map((word) => ['command', word]),
  ]).toString();
  return url;
}

const transports = ['websocket', 'spdy'] as const;

for (const transport of transports) {
  const options = { clock: realClock, transport };

  test(`${transport}: a command's output, error output and exit code arrive apart`, async () => {
    await using server = commandServer();
    const url = execUrl(await server.listen(), 'stdout stderr', 'sh', '-c', 'echo out; echo err >&2; exit 7');
    await using session = await openRemoteCommand(url, options);
    assert.ok(session.stdout && session.stderr);
    const [out, err, exit] = await Promise.all([text(session.stdout), text(session.stderr), session.exit]);
    assert.deepEqual([out, err, exit], ['out\n', 'err\n', 7]);
    await Promise.all(server.served);
    assert.equal(sessions.at(-1)?.disposed, true);
  });

  test(`${transport}: input arrives whole, its end too, and the output comes back whole`, async () => {
    await using server = commandServer();
    await using session = await openRemoteCommand(
      execUrl(await server.listen(), 'stdin stdout', 'cat'),
      options,
    );
    assert.ok(session.stdin && session.stdout);
    const sent = randomBytes(8 * 1024 * 1024);
    session.stdin.end(sent);
    const got = await buffer(session.stdout);
    assert.equal(sha(got), sha(sent));
    assert.equal(await session.exit, 0);
  });

  test(`${transport}: sizes reach the session`, async () => {
    await using server = commandServer();
    await using session = await openRemoteCommand(
      execUrl(await server.listen(), 'stdin stdout tty', 'cat'),
      options,
    );
    session.resize({ columns: 80, rows: 24 });
    session.resize({ columns: 132, rows: 50 });
    session.stdin?.end();
    session.stdout?.resume();
    await session.exit;
    assert.deepEqual(sessions.at(-1)?.sizes, [
      { columns: 80, rows: 24 },
      { columns: 132, rows: 50 },
    ]);
  });

  test(`${transport}: attach does not tell the exit code`, async () => {
    await using server = commandServer();
    const url = execUrl(await server.listen(), 'stdout', 'sh', '-c', 'exit 7');
    url.pathname = '/attach';
    await using session = await openRemoteCommand(url, options);
    session.stdout?.resume();
    assert.equal(await session.exit, 0);
  });

  test(`${transport}: why a session cannot be opened comes as the exit's error`, async () => {
    await using server = commandServer(() => Promise.reject(new Error('no such container')));
    const url = execUrl(await server.listen(), 'stdout', 'true');
    await using session = await openRemoteCommand(url, options);
    session.stdout?.resume();
    await assert.rejects(session.exit, /no such container/);
  });

  test(`${transport}: the process is ended when its client leaves`, async () => {
    await using server = commandServer();
    const leaving = new AbortController();
    const session = await openRemoteCommand(execUrl(await server.listen(), 'stdout', 'sleep', '1000'), {
      ...options,
      signal: leaving.signal,
    });
    while (sessions.at(-1)?.disposed !== false) await wait(5);
    leaving.abort();
    await assert.rejects(session.exit, (error) => isPeapodError(error, 'Unavailable'));
    await Promise.all(server.served);
    const left = sessions.at(-1);
    assert.equal(left?.disposed, true);
    assert.throws(() => process.kill(left?.pid ?? 0, 0));
  });

  test(`${transport}: a process that outruns its reader waits`, async () => {
    await using server = commandServer();
    const url = execUrl(await server.listen(), 'stdout', 'sh', '-c', 'head -c 50000000 /dev/zero; echo');
    await using session = await openRemoteCommand(url, options);
    assert.ok(session.stdout);
    await wait(300);
    assert.equal(await Promise.race([session.exit, wait(10, 'runs')]), 'runs');
    let bytes = 0;
    for await (const chunk of session.stdout) bytes += (chunk as Buffer).length;
    assert.equal(bytes, 50_000_001);
    assert.equal(await session.exit, 0);
  });

  test(`${transport}: input that the process does not read holds up nothing but itself`, async () => {
    await using server = commandServer();
    const script = 'sleep 0.3; echo done; exit 3';
    const url = execUrl(await server.listen(), 'stdin stdout', 'sh', '-c', script);
    await using session = await openRemoteCommand(url, options);
    assert.ok(session.stdin && session.stdout);
    session.stdin.on('error', () => {});
    session.stdin.write(Buffer.alloc(16 * 1024 * 1024));
    assert.equal(await text(session.stdout), 'done\n');
    assert.equal(await session.exit, 3);
    await Promise.all(server.served);
  });
}

test('a request without any stream is refused', async () => {
  await using server = commandServer();
  await assert.rejects(
    openRemoteCommand(new URL('/exec', await server.listen()), { clock: realClock }),
    /at least 1 of stdin, stdout, stderr/,
  );
});

test('the old subprotocols are spoken: base64, and errors in plain text', async () => {
  await using server = commandServer();
  const url = execUrl(await server.listen(), 'stdin stdout', 'sh', '-c', 'head -n 1; exit 7');
  const messages: string[] = [];
  const socket = new WebSocket(url.href.replace('http', 'ws'), ['base64.channel.k8s.io']);
  socket.on('message', (data, isBinary) => {
    assert.equal(isBinary, false);
    const message = (data as Buffer).toString();
    messages.push(message.slice(0, 1) + Buffer.from(message.slice(1), 'base64').toString());
  });
  socket.on('open', () => socket.send(`0${Buffer.from('hello\n').toString('base64')}`));
  await new Promise((resolve) => socket.on('close', resolve));
  assert.deepEqual(messages, ['1', '1hello\n', '3command terminated with non-zero exit code: exit status 7']);
});

test('a client that offers only what we do not know is refused', async () => {
  await using server = commandServer();
  const url = execUrl(await server.listen(), 'stdout', 'true');
  const socket = new WebSocket(url.href.replace('http', 'ws'), ['v9.channel.k8s.io']);
  const error = await new Promise<Error>((resolve) => socket.on('error', resolve));
  assert.match(error.message, /400/);
});

test('a bearer token among the subprotocols is never given back', async () => {
  await using server = commandServer();
  const url = execUrl(await server.listen(), 'stdout', 'true');
  const offered = ['base64url.bearer.authorization.k8s.io.c2VjcmV0', 'v4.channel.k8s.io'];
  const socket = new WebSocket(url.href.replace('http', 'ws'), offered);
  await new Promise((resolve) => socket.on('open', resolve));
  assert.equal(socket.protocol, 'v4.channel.k8s.io');
  await new Promise((resolve) => socket.on('close', resolve));
});

function sha(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
