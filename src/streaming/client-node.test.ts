import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Attach, Exec, KubeConfig, PortForward, type V1Status } from '@kubernetes/client-node';
import { KubectlServer } from './testing/kubectl-server.ts';

function configFor(server: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'test', server, skipTLSVerify: true }],
    users: [{ name: 'test' }],
    contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
    currentContext: 'test',
  });
  return config;
}

test('client-node runs a command, with its input, output and exit code', async () => {
  await using server = new KubectlServer();
  const exec = new Exec(configFor(await server.listen()));
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const command = ['sh', '-c', 'cat; echo err >&2; exit 7'];
  const stdin = Readable.from([Buffer.from('in '), Buffer.from('and out')]);
  const ended = new Promise<V1Status>((resolve, reject) => {
    exec
      .exec('default', 'web', 'main', command, stdout, stderr, stdin, false, resolve)
      .catch((error: unknown) => reject(error instanceof Error ? error : new Error(String(error))));
  });
  const status = await ended;
  assert.equal(status.status, 'Failure');
  assert.equal(status.reason, 'NonZeroExitCode');
  assert.deepEqual(status.details?.causes, [{ reason: 'ExitCode', message: '7' }]);
  assert.equal(await text(stdout), 'in and out');
  assert.equal(await text(stderr), 'err\n');
});

test('client-node attaches', async () => {
  await using server = new KubectlServer();
  server.attached = ['sh', '-c', 'read line; echo "got $line"'];
  const attach = new Attach(configFor(await server.listen()));
  const stdout = new PassThrough();
  const stdin = new PassThrough();
  const socket = await attach.attach('default', 'web', 'main', stdout, null, stdin, false);
  stdin.write('hello\n');
  const [chunk] = await once(stdout, 'data');
  assert.equal(String(chunk), 'got hello\n');
  socket.close();
});

test('client-node forwards a port', async () => {
  const hello = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
  await once(hello, 'listening');
  await using server = new KubectlServer(new Map([[80, (hello.address() as AddressInfo).port]]));
  const forward = new PortForward(configFor(await server.listen()), true);
  const output = new PassThrough();
  const errors = new PassThrough();
  await forward.portForward('default', 'web', [80], output, errors, new PassThrough());
  const [chunk] = await once(output, 'data');
  assert.equal(String(chunk), 'hello');
  hello.close();
});

test('client-node learns why a port cannot be forwarded', async () => {
  await using server = new KubectlServer();
  const forward = new PortForward(configFor(await server.listen()), true);
  const errors = new PassThrough();
  await forward.portForward('default', 'web', [81], new PassThrough(), errors, new PassThrough());
  const [chunk] = await once(errors, 'data');
  assert.match(String(chunk), /error forwarding port 81: connect ECONNREFUSED/);
});
