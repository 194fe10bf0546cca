import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../../src/cli/system-clock.ts';
import { openConnection, openSession } from '../../../src/cri/client/streaming-sessions.ts';
import { openPortForward } from '../../../src/streaming/open-port-forward.ts';
import { assertCode, type Case, CODE, until } from './conformance-case.ts';
import type { Subject } from './subject.ts';

const FOREVER = 'f'.repeat(64);
const clock = systemClock;

async function exec(
  subject: Subject,
  containerId: string,
  cmd: string[],
  {
    stdin = false,
    tty = false,
    size,
  }: { stdin?: boolean; tty?: boolean; size?: { columns: number; rows: number } } = {},
) {
  const { url } = await subject.runtime.exec({ containerId, cmd, stdin, tty, stdout: true, stderr: !tty });
  return await openSession({ url, stdin, tty, size, clock });
}

export const STREAM_CASES: readonly Case[] = [
  {
    verb: 'ExecSync',
    says: 'runs a command to its end: stdout and stderr apart, and its exit code',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const cmd = ['sh', '-c', 'echo out; echo err >&2; exit 42'];
      const { stdout, stderr, exitCode } = await subject.runtime.execSync({ containerId, cmd });
      assert.deepEqual(
        [Buffer.from(stdout).toString(), Buffer.from(stderr).toString(), exitCode],
        ['out\n', 'err\n', 42],
      );
    },
  },
  {
    verb: 'ExecSync',
    says: 'the timeout stops the command, and is an error',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const begin = Date.now();
      await assertCode(
        subject.runtime.execSync({ containerId, cmd: ['sleep', '987'], timeout: 1n }),
        CODE.deadlineExceeded,
      );
      assert.ok(Date.now() - begin < 15_000);
      await until('the command to be gone', async () => {
        const left = await subject.shell(containerId, 'ps | grep -c "sleep 98[7]"');
        return left === '0\n' ? true : undefined;
      });
    },
  },
  {
    verb: 'ExecSync',
    says: 'timeout 0 is none',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const { exitCode } = await subject.runtime.execSync({ containerId, cmd: ['sleep', '2'], timeout: 0n });
      assert.equal(exitCode, 0);
    },
  },
  {
    verb: 'ExecSync',
    says: 'a container that does not run, or is not there, is an error',
    run: async (subject) => {
      const created = await subject.created(await subject.common());
      for (const containerId of [created, FOREVER])
        await assert.rejects(subject.runtime.execSync({ containerId, cmd: ['true'] }), {
          name: 'PeapodError',
        });
    },
  },
  {
    verb: 'ExecSync',
    says: 'a command that is not there is an error or has a failing exit code',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const result = await subject.runtime
        .execSync({ containerId, cmd: ['/no/such'] })
        .catch(() => undefined);
      assert.notEqual(result?.exitCode ?? 127, 0);
    },
  },
  {
    verb: 'ExecSync',
    says: 'a larger output comes whole',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const cmd = ['sh', '-c', 'head -c 3000000 /dev/zero'];
      assert.equal((await subject.runtime.execSync({ containerId, cmd })).stdout.length, 3_000_000);
    },
  },
  {
    verb: 'ExecSync',
    says: 'an output that no message can carry is cut, and the command ends by itself',
    // It cuts at 16 MiB, which with the message around it is too long.
    differs: { containerd: /larger than max/ },
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const cmd = ['sh', '-c', 'head -c 20000000 /dev/zero; exit 7'];
      const { stdout, exitCode } = await subject.runtime.execSync({ containerId, cmd });
      assert.equal(exitCode, 7);
      assert.ok(stdout.length > 3_000_000 && stdout.length <= 16 << 20, `${stdout.length} bytes`);
    },
  },
  {
    verb: 'Exec',
    says: 'gives a URL where the command runs, with its input, output and exit code',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const session = await exec(subject, containerId, ['sh', '-c', 'wc -c; echo err >&2; exit 5'], {
        stdin: true,
      });
      session.stdin?.end('x'.repeat(300_000));
      const [out, err] = await Promise.all([
        text(session.stdout),
        session.stderr === undefined ? '' : text(session.stderr),
      ]);
      assert.deepEqual([out.trim(), err, await session.exit], ['300000', 'err\n', 5]);
    },
  },
  {
    verb: 'Exec',
    says: 'a terminal is one, and has the size that it is told',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const size = { columns: 91, rows: 37 };
      const session = await exec(subject, containerId, ['sh'], { stdin: true, tty: true, size });
      session.stdin?.write('sleep 1; stty size; tty; exit 6\n');
      const out = await text(session.stdout);
      assert.match(out, /37 91/);
      assert.match(out, /\/dev\/(pts\/\d+|console)/);
      assert.equal(await session.exit, 6);
    },
  },
  {
    verb: 'Exec',
    says: 'one of the streams has to be asked for, and a terminal has no stderr',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      await assert.rejects(subject.runtime.exec({ containerId, cmd: ['true'] }), { name: 'PeapodError' });
      await assert.rejects(
        subject.runtime.exec({
          containerId,
          cmd: ['true'],
          tty: true,
          stdin: true,
          stdout: true,
          stderr: true,
        }),
        { name: 'PeapodError' },
      );
    },
  },
  {
    verb: 'Exec',
    says: 'a container that is not there is an error',
    run: async (subject) => {
      await assert.rejects(subject.runtime.exec({ containerId: FOREVER, cmd: ['true'], stdout: true }), {
        name: 'PeapodError',
      });
    },
  },
  {
    verb: 'Exec',
    says: 'the URL is good for one use',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common());
      const { url } = await subject.runtime.exec({ containerId, cmd: ['true'], stdout: true, stderr: true });
      const session = await openSession({ url, stdin: false, tty: false, clock });
      assert.equal(await session.exit, 0);
      await assert.rejects(openSession({ url, stdin: false, tty: false, clock }), { name: 'PeapodError' });
    },
  },
  {
    verb: 'Attach',
    says: 'gives the streams of the running container itself, again and again',
    run: async (subject) => {
      const containerId = await subject.started(await subject.common(), {
        command: ['sh', '-c', 'while read line; do echo "got $line"; echo "err $line" >&2; done'],
        stdin: true,
      });
      for (const word of ['first', 'second']) {
        const { url } = await subject.runtime.attach({
          containerId,
          stdin: true,
          stdout: true,
          stderr: true,
        });
        const session = await openSession({ url, stdin: true, tty: false, clock });
        let out = '';
        let err = '';
        session.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
        session.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
        session.stdin?.write(`${word}\n`);
        await until(`an answer to ${word}`, async () =>
          out.includes(`got ${word}`) && err.includes(`err ${word}`) ? true : undefined,
        );
        await session[Symbol.asyncDispose]();
      }
    },
  },
  {
    verb: 'Attach',
    says: 'a container that does not run is an error',
    run: async (subject) => {
      const containerId = await subject.created(await subject.common());
      const attach = async () => {
        const { url } = await subject.runtime.attach({ containerId, stdout: true });
        return await (await openSession({ url, stdin: false, tty: false, clock })).exit;
      };
      await assert.rejects(attach());
    },
  },
  {
    verb: 'PortForward',
    says: "leads to the pod's own loopback, many times in one session; a refusal ends that connection alone",
    run: async (subject) => {
      const pod = await subject.common();
      const command = [
        'sh',
        '-c',
        'mkdir /w; echo served >/w/index.html; exec httpd -f -p 127.0.0.1:8080 -h /w',
      ];
      const containerId = await subject.started(pod, { command });
      await until('the server', async () => {
        const { exitCode } = await subject.runtime.execSync({
          containerId,
          cmd: ['sh', '-c', 'wget -q -O - http://127.0.0.1:8080/'],
        });
        return exitCode === 0 ? true : undefined;
      });
      const { url } = await subject.runtime.portForward({ podSandboxId: pod.id, port: [8080, 9] });
      await using session = await openPortForward(new URL(url), { clock, transport: 'spdy' });
      const ask = async (port: number) => {
        const connection = await session.connect(port);
        connection.write('GET / HTTP/1.0\r\n\r\n');
        return await text(connection);
      };
      assert.match(await ask(8080), /served/);
      await assert.rejects(ask(9));
      assert.match(await ask(8080), /served/);
    },
  },
  {
    verb: 'PortForward',
    says: 'a sandbox that is not there is an error',
    run: async (subject) => {
      await assert.rejects(
        subject.runtime
          .portForward({ podSandboxId: FOREVER, port: [80] })
          .then(({ url }) => openConnection(url, 80, { clock })),
      );
    },
  },
];
