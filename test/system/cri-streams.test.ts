/** What CRI's Exec, Attach and PortForward lead to, over both protocols. */
import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { openPortForward } from '../../src/streaming/open-port-forward.ts';
import { openRemoteCommand } from '../../src/streaming/open-remote-command.ts';
import { realClock } from '../../src/streaming/testing/real-clock.ts';
import { startCri, type TestCri } from './support/cri.ts';
import { until } from './support/peapod.ts';

const clock = realClock;
const TRANSPORTS = ['websocket', 'spdy'] as const;

let cri: TestCri;
let podSandboxId = '';
before(async () => {
  cri = await startCri();
  podSandboxId = await cri.runPod('streams');
});
after(async () => {
  await cri[Symbol.asyncDispose]();
});

interface Wanted {
  stdin?: boolean;
  stdout?: boolean;
  stderr?: boolean;
  tty?: boolean;
}

function withQuery(url: string, wanted: Wanted): URL {
  const whole = new URL(url);
  for (const [name, value] of Object.entries(wanted)) whole.searchParams.set(name, String(value));
  return whole;
}

/** Reads until the pattern is there. */
async function readUntil(stream: Readable, pattern: RegExp): Promise<string> {
  let seen = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (pattern.test(seen)) return seen;
  }
  throw new Error(`ended without ${pattern}: ${seen}`);
}

for (const transport of TRANSPORTS) {
  test(`a command has its streams apart and its exit code over ${transport}`, async () => {
    const containerId = await cri.runShell(podSandboxId, `exec-${transport}`, 'sleep 1000');
    const wanted = { stdin: true, stdout: true, stderr: true };
    const cmd = ['/bin/sh', '-c', 'cat; echo err >&2; exit 5'];
    const { url } = await cri.runtime.exec({ containerId, cmd, ...wanted });
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/exec\/[\w-]{32}$/);
    const options = { clock, transport };
    await using session = await openRemoteCommand(withQuery(url, wanted), options);
    session.stdin?.end('in');
    const [out, err] = await Promise.all([text(session.stdout!), text(session.stderr!)]);
    assert.deepEqual([out, err, await session.exit], ['in', 'err\n', 5]);
    // A URL serves once.
    await assert.rejects(openRemoteCommand(withQuery(url, wanted), options), /404|unknown/);
  });

  test(`a terminal has a size, which changes, over ${transport}`, async () => {
    const containerId = await cri.runShell(podSandboxId, `tty-${transport}`, 'sleep 1000');
    const wanted = { stdin: true, stdout: true, tty: true };
    const { url } = await cri.runtime.exec({ containerId, cmd: ['/bin/sh'], ...wanted });
    await using session = await openRemoteCommand(withQuery(url, wanted), { clock, transport });
    session.resize({ columns: 123, rows: 45 });
    session.stdin?.write(
      'while [ "$(stty size)" != "45 123" ]; do sleep 0.1; done; echo S""IZED; tty; exit\n',
    );
    assert.match(await readUntil(session.stdout!, /SIZED\r\n\S+/), /SIZED\r\n\/dev\/pts\//);
    session.stdout?.resume();
    assert.equal(await session.exit, 0);
  });

  test(`a container is attached to, left and attached to again over ${transport}`, async () => {
    const script = 'while read -r line; do echo "got $line"; done';
    const containerId = await cri.runShell(podSandboxId, `attach-${transport}`, script, { stdin: true });
    const wanted = { stdin: true, stdout: true, stderr: true };
    for (const word of ['one', 'two']) {
      const { url } = await cri.runtime.attach({ containerId, ...wanted });
      await using session = await openRemoteCommand(withQuery(url, wanted), { clock, transport });
      session.stdin?.write(`${word}\n`);
      assert.match(await readUntil(session.stdout!, /got \w+\n/), new RegExp(`got ${word}`));
    }
  });

  test(`a port is forwarded into the pod, and an error ends its own connection alone, over ${transport}`, async () => {
    await cri.runShell(
      podSandboxId,
      `http-${transport}`,
      'while :; do echo "hello from $$" | nc -l -p 8080; done',
    );
    const { url } = await cri.runtime.portForward({ podSandboxId, port: [] });
    await using forward = await openPortForward(new URL(url), { clock, transport });
    const call = async (port: number) => text(await forward.connect(port));
    await until('an answer', async () => (/hello from/.test(await call(8080)) ? true : undefined));
    await assert.rejects(call(1), /error forwarding port 1/);
    await until('another', async () => (/hello from/.test(await call(8080)) ? true : undefined));
    assert.equal(forward.gone.aborted, false);

    const only = await cri.runtime.portForward({ podSandboxId, port: [81] });
    await using restricted = await openPortForward(new URL(only.url), { clock, transport });
    await assert.rejects(text(await restricted.connect(8080)), /port 8080 was not asked for/);
  });
}

test('what cannot be streamed is refused before there is a URL', async () => {
  const { runtime } = cri;
  const containerId = await cri.runShell(podSandboxId, 'refused', 'sleep 1000');
  const cmd = ['true'];
  await assert.rejects(runtime.exec({ containerId, cmd }), { code: 'Invalid', message: /^stdin: / });
  await assert.rejects(runtime.exec({ containerId, cmd: [], stdout: true }), { code: 'Invalid' });
  await assert.rejects(runtime.exec({ containerId, cmd, tty: true, stdout: true, stderr: true }), {
    code: 'Invalid',
    message: /^stderr: /,
  });
  await assert.rejects(runtime.attach({ containerId: 'f'.repeat(64), stdout: true }), { code: 'NotFound' });
  await assert.rejects(runtime.portForward({ podSandboxId: 'f'.repeat(64) }), { code: 'NotFound' });
  await assert.rejects(runtime.portForward({ podSandboxId, port: [70_000] }), { code: 'Invalid' });
  await runtime.stopContainer({ containerId });
  await assert.rejects(runtime.exec({ containerId, cmd, stdout: true }), { code: 'FailedPrecondition' });
});

test('a stranger on the loopback gets nothing', async () => {
  const containerId = await cri.runShell(podSandboxId, 'stranger', 'sleep 1000');
  const { url } = await cri.runtime.exec({ containerId, cmd: ['id'], stdout: true });
  const guessed = withQuery(url.replace(/.{8}$/, 'AAAAAAAA'), { stdout: true });
  await assert.rejects(openRemoteCommand(guessed, { clock, transport: 'spdy' }), /404|unknown/);
  assert.equal((await fetch(url)).status, 400);
  // A request that is no upgrade does not use it up.
  await using session = await openRemoteCommand(withQuery(url, { stdout: true }), { clock });
  assert.match(await text(session.stdout!), /uid=33/);
});

test('streams end when the server does, and the container goes on', async () => {
  const containerId = await cri.runShell(podSandboxId, 'survivor', 'while :; do echo tick; sleep 0.1; done');
  const { url } = await cri.runtime.attach({ containerId, stdout: true });
  await using session = await openRemoteCommand(withQuery(url, { stdout: true }), { clock });
  await readUntil(session.stdout!, /tick/);
  session.stdout!.resume();
  await cri.restart();
  await session.exit.catch(() => {});
  const again = await cri.runtime.attach({ containerId, stdout: true });
  await using next = await openRemoteCommand(withQuery(again.url, { stdout: true }), { clock });
  assert.match(await readUntil(next.stdout!, /tick/), /tick/);
});
