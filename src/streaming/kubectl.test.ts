import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { KubectlServer } from './testing/kubectl-server.ts';
import { kubectlVersions } from './testing/kubectl-versions.ts';

const transports = {
  WebSocket: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'true' },
  SPDY: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
};

const home = mkdtempSync(join(tmpdir(), 'peapod-kubectl-'));
after(() => rmSync(home, { recursive: true, force: true }));

for (const program of kubectlVersions()) {
  for (const [transport, settings] of Object.entries(transports)) {
    const isOld = /1\.2\d$/.test(program);
    if (isOld && transport === 'WebSocket') continue;
    const env = { PATH: process.env['PATH'], HOME: home, ...settings };
    const kubectl = (server: string, ...args: string[]) =>
      spawn(program, ['--server', server, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    const name = `${basename(program)} over ${transport}`;

    test(`${name}: exec tells output, errors and the exit code`, async () => {
      await using server = new KubectlServer();
      const url = await server.listen();
      const child = kubectl(url, 'exec', 'web', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
      const [out, err, exit] = await outcome(child);
      assert.equal(out, 'out\n');
      assert.match(err, /^err\n.*exit code 7/s);
      assert.equal(exit, 7);
      assert.match(server.protocols[0] ?? '', transport === 'SPDY' ? /^SPDY/ : /^v5\.channel/);
    });

    test(`${name}: exec passes input on to its end, and back`, async () => {
      await using server = new KubectlServer();
      const child = kubectl(await server.listen(), 'exec', '-i', 'web', '--', 'cat');
      const sent = randomBytes(3_000_000);
      child.stdin?.end(sent);
      assert.ok(child.stdout);
      const [got, [exit]] = await Promise.all([buffer(child.stdout), once(child, 'exit')]);
      assert.ok(got.equals(sent), `${got.length} bytes came back`);
      assert.equal(exit, 0);
    });

    test(`${name}: attach ends with the process, without its exit code`, async () => {
      await using server = new KubectlServer();
      server.attached = ['sh', '-c', 'read line; echo "got $line"; exit 3'];
      const child = kubectl(await server.listen(), 'attach', '-i', 'web');
      child.stdin?.write('hello\n');
      const [out, , exit] = await outcome(child);
      assert.match(out, /got hello/);
      assert.equal(exit, 0);
    });

    test(`${name}: a terminal's size is told`, async () => {
      await using server = new KubectlServer();
      const command = `stty cols 91 rows 37; exec ${program} --server ${await server.listen()} exec -it web -- head -n 1`;
      const child = spawn('script', ['-qec', command, '/dev/null'], { env, stdio: ['pipe', 'pipe', 'pipe'] });
      while ((server.sessions[0]?.sizes.length ?? 0) === 0 && child.exitCode === null) await wait(10);
      assert.deepEqual(server.sessions[0]?.sizes[0], { columns: 91, rows: 37 });
      child.stdin?.write('bye\n');
      const [out] = await outcome(child);
      assert.match(out, /bye/);
    });

    test(`${name}: the process is ended when kubectl is killed`, async () => {
      await using server = new KubectlServer();
      const child = kubectl(await server.listen(), 'exec', 'web', '--', 'sleep', '1000');
      while (!server.sessions[0]) await wait(10);
      child.kill('SIGKILL');
      while (!server.sessions[0].disposed) await wait(10);
    });

    test(`${name}: forwarded connections go on beside each other, and one that fails is told`, async () => {
      const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
      await once(echo, 'listening');
      await using server = new KubectlServer(new Map([[80, portOf(echo)]]));
      const child = kubectl(await server.listen(), 'port-forward', 'pod/web', ':80', ':81');
      const errors = child.stderr ? text(child.stderr) : Promise.resolve('');
      const [good, bad] = await forwardedPorts(child);
      const rounds = Array.from({ length: 5 }, async () => {
        const sent = randomBytes(300_000);
        const connection = connect(good, '127.0.0.1');
        connection.end(sent);
        assert.ok((await buffer(connection)).equals(sent));
      });
      await Promise.all(rounds);
      assert.match(server.protocols[0] ?? '', transport === 'SPDY' ? /^SPDY\/3.1$/ : /^SPDY\/3.1\+/);
      const failing = connect(bad, '127.0.0.1');
      failing.on('error', () => {}).write('x');
      await once(failing, 'close');
      child.kill();
      assert.match(await errors, /error forwarding port 81: connect ECONNREFUSED/);
      echo.close();
    });
  }
}

async function outcome(child: ChildProcess): Promise<[out: string, err: string, exit: number]> {
  const read = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ''));
  const [[exit], out = '', err = ''] = await Promise.all([once(child, 'exit'), ...read]);
  return [out, err, exit as number];
}

async function forwardedPorts(child: ChildProcess): Promise<[number, number]> {
  let out = '';
  assert.ok(child.stdout);
  child.stdout.setEncoding('utf8');
  for (;;) {
    const [chunk] = await once(child.stdout, 'data');
    out += String(chunk);
    const [good, bad] = [80, 81].map((port) => new RegExp(`127.0.0.1:(\\d+) -> ${port}`).exec(out)?.[1]);
    if (good && bad) {
      child.stdout.resume();
      return [Number(good), Number(bad)];
    }
  }
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}
