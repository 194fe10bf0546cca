import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createContainer } from '../../src/runtime/container/create-container.ts';
import { startContainer } from '../../src/runtime/container/start-container.ts';
import {
  type ContainerHost,
  openContainerHost,
  shellContainer,
} from '../../src/runtime/container/testing/container-host.ts';
import { startExec } from '../../src/runtime/stream/exec-session.ts';
import { execSync } from '../../src/runtime/stream/exec-sync.ts';

for (const runtime of ['crun', 'runc'] as const) {
  test(`commands in a container under ${runtime}`, async (t) => {
    let host: ContainerHost;
    let id = '';
    before(async () => {
      host = await openContainerHost({ runtime });
      const config = shellContainer('target', 'sleep 1000', {
        env: [{ name: 'GREETING', value: 'hello' }],
        workingDir: '/var',
        linux: { resources: {}, securityContext: { runAsUser: 33, seccomp: { type: 'RuntimeDefault' } } },
      });
      id = await createContainer(host.context, host.sandbox.id, config);
      await startContainer(host.context, id);
    });
    after(async () => host[Symbol.asyncDispose]());
    const sh = (command: string, options = {}) => execSync(host.context, id, ['sh', '-c', command], options);

    await t.test('output and exit code come back, and the command runs as the container does', async () => {
      const result = await sh('echo $GREETING $HOME; id; pwd; echo oops >&2; exit 5');
      assert.equal(
        result.stdout.toString(),
        'hello /var\nuid=33(web) gid=33(web) groups=33(web),77(extra)\n/var\n',
      );
      assert.equal(result.stderr.toString(), 'oops\n');
      assert.equal(result.exitCode, 5);
    });

    await t.test('it is filtered and has no capabilities that the container has not', async () => {
      const status = (await sh('cat /proc/self/status')).stdout.toString();
      assert.match(status, /^Seccomp:\t2$/m);
      assert.match(status, /^CapEff:\t0000000000000000$/m);
      assert.match(status, /^CapBnd:\t00000000a80405db|^CapBnd:\t00000000a8040[0-9a-f]{3}$/m);
    });

    await t.test('it can open its own output as a file', async () => {
      assert.equal((await sh('echo through >/dev/stdout')).stdout.toString(), 'through\n');
    });

    for (const [command, exitCode, message] of [
      [['nope'], 127, /exec: "nope": executable file not found in \$PATH/],
      [['/no/such'], 127, /exec: "\/no\/such": stat \/no\/such: no such file or directory/],
      [['/etc/passwd'], 126, /exec: "\/etc\/passwd": permission denied/],
      [['sh', '-c', 'kill -9 $$'], 137, /^$/],
    ] as const) {
      await t.test(`${command.join(' ')} ends with ${exitCode}`, async () => {
        const result = await execSync(host.context, id, command);
        assert.equal(result.exitCode, exitCode);
        assert.match(result.stderr.toString(), message);
      });
    }

    await t.test('a command that takes too long is killed with all that it started', async () => {
      const begin = Date.now();
      await assert.rejects(sh('sleep 987 & sleep 987', { timeoutMs: 300 }), { code: 'TimedOut' });
      assert.ok(Date.now() - begin < 2000);
      await delay(50);
      assert.equal((await sh('ps | grep -c "sleep 98[7]"')).stdout.toString(), '0\n');
    });

    await t.test('a child in the background that holds the output does not keep it waiting', async () => {
      const begin = Date.now();
      const result = await sh('echo done; echo oops >&2; sleep 9 & exit 7');
      assert.ok(Date.now() - begin < 6000, `${Date.now() - begin} ms`);
      assert.deepEqual(
        [result.stdout.toString(), result.stderr.toString(), result.exitCode],
        ['done\n', 'oops\n', 7],
      );
    });

    await t.test('endless output is cut off', async () => {
      const result = await sh('yes | head -c 3000000; exit 3', { maxOutputBytes: 1_000_000 });
      assert.equal(result.stdout.length, 1_000_000);
      assert.equal(result.exitCode, 3);
    });

    await t.test('an abort kills the command', async () => {
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 200);
      await assert.rejects(sh('sleep 654', { signal: abort.signal }), { name: 'AbortError' });
      assert.equal((await sh('ps | grep -c "sleep 65[4]"')).stdout.toString(), '0\n');
    });

    await t.test('input is passed on until it ends', async () => {
      await using session = await startExec(host.context, id, {
        command: ['wc', '-c'],
        tty: false,
        stdin: true,
      });
      session.stdin?.end('x'.repeat(300_000));
      assert.equal((await text(session.stdout)).trim(), '300000');
      assert.equal(await session.exit, 0);
    });

    await t.test('a large output arrives whole', async () => {
      await using session = await startExec(host.context, id, {
        command: ['seq', '1', '200000'],
        tty: false,
        stdin: false,
      });
      await delay(300);
      const lines = (await text(session.stdout)).trimEnd().split('\n');
      assert.deepEqual([lines.length, lines.at(-1)], [200_000, '200000']);
    });

    await t.test('a terminal is one, has its size, is resized, and gives the exit code', async () => {
      // crun gives the terminal its size when the command runs already.
      const sized = 'until stty size; do sleep 0.1; done';
      const command = ['sh', '-c', `tty; ${sized}; read x; stty size; seq 1 20000 | tail -n 1; exit 4`];
      const size = { columns: 100, rows: 40 };
      await using session = await startExec(host.context, id, { command, tty: true, stdin: true, size });
      const seen = new Seen(session.stdout);
      await seen.until(/40 100/);
      assert.match(seen.text, /\/dev\/pts\/\d/);
      session.resize({ columns: 77, rows: 22 });
      await delay(200);
      session.stdin?.write('go\r');
      await seen.until(/22 77/);
      assert.equal(await session.exit, 4);
    });

    await t.test('all that a terminal shows arrives', async () => {
      await using session = await startExec(host.context, id, {
        command: ['seq', '1', '30000'],
        tty: true,
        stdin: false,
      });
      const lines = (await text(session.stdout)).trimEnd().split('\r\n');
      assert.deepEqual([lines.length, lines.at(-1)], [30_000, '30000']);
      assert.equal(await session.exit, 0);
    });

    await t.test('leaving a session ends its command', async () => {
      {
        await using session = await startExec(host.context, id, { command: ['sh'], tty: true, stdin: true });
        session.stdin?.write('sleep 543\r');
        await delay(200);
      }
      assert.equal((await sh('ps | grep -c "sleep 54[3]"')).stdout.toString(), '0\n');
    });

    await t.test('a container that does not run takes no command', async () => {
      const other = await createContainer(
        host.context,
        host.sandbox.id,
        shellContainer('waiting', 'sleep 1'),
      );
      await assert.rejects(execSync(host.context, other, ['true']), { code: 'FailedPrecondition' });
      await assert.rejects(execSync(host.context, 'b'.repeat(64), ['true']), { code: 'NotFound' });
    });

    await t.test('nothing stays open or lies about', async () => {
      const bundle = `${host.context.paths.run}/containers/${id}`;
      assert.ok(existsSync(bundle));
      const { readdirSync } = await import('node:fs');
      assert.deepEqual(
        readdirSync(bundle).filter((name) => name.startsWith('exec-')),
        [],
      );
      assert.ok(readFileSync('/proc/self/status', 'utf8').length > 0);
    });
  });
}

class Seen {
  text = '';
  constructor(stream: Readable) {
    stream.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
    });
  }

  async until(pattern: RegExp): Promise<void> {
    for (let waited = 0; !pattern.test(this.text); waited += 20) {
      if (waited > 5000) assert.fail(`${String(pattern)} did not come; seen: ${JSON.stringify(this.text)}`);
      await delay(20);
    }
  }
}
