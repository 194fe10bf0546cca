/** `peapod serve` as an administrator meets it: in the background, told by a file, ended, merged into a kubeconfig. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { after, before, test } from 'node:test';
import { startPeapod, until, type TestPeapod } from './support/peapod.ts';

let peapod: TestPeapod;
before(async () => void (peapod = await startPeapod()));
after(async () => {
  await peapod.call(['serve', '--stop']);
  await peapod[Symbol.asyncDispose]();
});

const ANY_PORT = ['--listen', '127.0.0.1:0'];

function write(name: string, text: string): string {
  const path = join(peapod.directory, name);
  writeFileSync(path, text);
  return path;
}

/** The server's process, as the kernel knows it. */
function serverPid(): number {
  return (JSON.parse(readFileSync(join(peapod.run, 'cluster/server.json'), 'utf8')) as { pid: number }).pid;
}

/** What has ended and was not waited for has no command line any more. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

test('--detach returns when the node is ready, and --stop when the server has ended', async () => {
  const said = await peapod.succeed(['serve', '--detach', ...ANY_PORT]);
  assert.match(
    said,
    /^Listening on https:\/\/127\.0\.0\.1:\d+ after \d+ ms\nNode \S+ is ready after \d+ ms\n$/,
  );
  const pid = serverPid();
  assert.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /serve/);
  const second = await peapod.call(['serve', '-d', ...ANY_PORT]);
  assert.equal(second.code, 125);
  assert.match(
    second.stderr,
    new RegExp(`a server runs already at https://127\\.0\\.0\\.1:\\d+ \\(PID ${pid}\\)`),
  );
  const inForeground = await peapod.call(['serve', ...ANY_PORT]);
  assert.match(inForeground.stderr, /a server runs already/);
  assert.equal(await peapod.succeed(['serve', '--stop']), 'Stopped; its pods run on\n');
  await until('its process is gone', async () => (isAlive(pid) ? undefined : true));
  const none = await peapod.call(['serve', '--stop']);
  assert.match(none.stderr, /no server runs/);
});

test('a server that cannot start says why where it was started', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const { code, stdout, stderr } = await peapod.call(['serve', '-d', '--listen', `127.0.0.1:${port}`]);
  taken.close();
  assert.deepEqual([code, stdout], [125, '']);
  assert.match(stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: somebody else does`));
});

test('a configuration file tells all, a flag wins, and what it does not know is refused by name', async () => {
  const file = write('serve.yaml', 'nodeName: of-file\nlisten: 127.0.0.1:0\nagent: { maxPods: 7 }\n');
  await peapod.succeed(['serve', '-d', '--config', file]);
  const kubeconfig = write('kubeconfig', await peapod.succeed(['kubeconfig']));
  const capacity = (name: string) =>
    execFileSync(
      'kubectl',
      ['--kubeconfig', kubeconfig, 'get', 'node', name, '-o', 'jsonpath={.status.capacity.pods}'],
      {
        encoding: 'utf8',
      },
    );
  assert.equal(capacity('of-file'), '7');
  await peapod.succeed(['serve', '--stop']);
  await peapod.succeed(['serve', '-d', '--config', file, '--node-name', 'of-flag']);
  writeFileSync(kubeconfig, await peapod.succeed(['kubeconfig']));
  assert.equal(capacity('of-flag'), '7');
  await peapod.succeed(['serve', '--stop']);
  const wrong = write('wrong.yaml', 'agent:\n  maxPodz: 7\n');
  const refused = await peapod.call(['serve', '-d', '--config', wrong]);
  assert.equal(refused.code, 125);
  assert.match(refused.stderr, /wrong\.yaml:2:3: unknown field "agent\.maxPodz", did you mean "maxPods"\?/);
});

test('kubectl uses the merged kubeconfig, and what was in it before is still there', async () => {
  await peapod.succeed(['serve', '-d', ...ANY_PORT]);
  const config = write(
    'merged',
    'apiVersion: v1\nkind: Config\nclusters: [{ name: work, cluster: { server: "https://w" } }]\n',
  );
  const env = { KUBECONFIG: config };
  assert.match(
    await peapod.succeed(['kubeconfig', '--merge'], { env }),
    /Context "peapod" is the current one/,
  );
  const kubectl = (...args: string[]) =>
    execFileSync('kubectl', args, { encoding: 'utf8', env: { ...process.env, ...env } });
  assert.match(kubectl('get', 'nodes'), / Ready /);
  assert.match(kubectl('config', 'get-clusters'), /work/);
  assert.equal(statSync(config).mode & 0o777, 0o600);
  await peapod.succeed(['serve', '--stop']);
});

test('the server tells the service manager when it is ready', async () => {
  const dry = await peapod.succeed(['system', 'install', '--dry-run', '--listen', '127.0.0.1:7443']);
  assert.match(dry, /^ExecStart=\S+\/peapod serve --listen 127\.0\.0\.1:7443$/m);
  assert.match(dry, /^KillMode=process$/m);
});

test('a server that listens everywhere is reached by each address of the machine, which its certificate has', async () => {
  for (const [listen, server] of [
    ['0.0.0.0:0', '127.0.0.1'],
    ['[::]:0', '[::1]'],
  ] as const) {
    // Before it makes a bridge for its pods.
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    await peapod.succeed(['serve', '--detach', '--listen', listen]);
    const kubeconfig = write('all-addresses', await peapod.succeed(['kubeconfig']));
    const port = /server: https:\/\/(.+):(\d+)$/m.exec(readFileSync(kubeconfig, 'utf8'));
    assert.equal(port?.[1], server);
    const nodes = execFileSync('kubectl', ['--kubeconfig', kubeconfig, 'get', 'nodes', '-o', 'name']);
    assert.match(nodes.toString(), /^node\//);
    const socket = connectTls({
      host: server.replace(/[[\]]/g, ''),
      port: Number(port?.[2]),
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    const names = socket.getPeerCertificate().subjectaltname ?? '';
    socket.destroy();
    for (const { address } of own) {
      if (isIPv4(address))
        assert.ok(names.includes(`IP Address:${address}`), `${address} is not of ${names}`);
    }
    await peapod.succeed(['serve', '--stop']);
  }
});
