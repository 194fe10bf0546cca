import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { killProcess, waitForExit } from './kill.ts';
import { lockFile, tryLockFile } from './lock-file.ts';
import { bindMount, mount, umount, umountAll } from './mount.ts';
import { mkdirInRoot, openInRoot } from './open-beneath.ts';
import { makePipe } from './pipe.ts';
import { isAlive, namespaceId, readMounts, readProcessCgroups, readProcessStat } from './proc.ts';
import { mustRun, runCommand } from './run-command.ts';
import { spawnProcess } from './spawn-process.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peapod-linux-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a file lock', () => {
  test('is held by one at a time, also within a process, and free again when disposed of', () => {
    const path = join(folder, 'sub', 'lock');
    {
      using lock = tryLockFile(path);
      assert.ok(lock);
      assert.equal(tryLockFile(path), undefined);
    }
    using again = tryLockFile(path, { removeFile: true });
    assert.ok(again);
  });
  test('is waited for, and the wait can be called off', async () => {
    const path = join(folder, 'lock');
    const first = tryLockFile(path);
    await assert.rejects(lockFile(path, { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
    setTimeout(() => first?.[Symbol.dispose](), 10);
    await using second = await lockFile(path);
    assert.equal(second.path, path);
  });
  test('goes from one to the next of a process in order, without anybody looking again', async (t) => {
    const path = join(folder, 'lock');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const order: number[] = [];
    const first = await lockFile(path, { removeFile: true });
    const others = [1, 2, 3, 4].map(async (number) => {
      using _ = await lockFile(path, { removeFile: true });
      order.push(number);
      await new Promise(setImmediate);
    });
    first[Symbol.dispose]();
    await Promise.all(others);
    assert.deepEqual(order, [1, 2, 3, 4]);
  });
  test('that is shared goes to all that wait to share it', async (t) => {
    const path = join(folder, 'lock');
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const first = await lockFile(path, { removeFile: true });
    const all = [1, 2, 3].map(() => lockFile(path, { shared: true, removeFile: true }));
    first[Symbol.dispose]();
    for (const lock of await Promise.all(all)) lock[Symbol.dispose]();
  });
  test('goes with its process, and its file can go with it', async () => {
    const path = join(folder, 'lock');
    const holder = spawn('flock', [path, 'sleep', '60'], { stdio: 'ignore', detached: true });
    while (tryLockFile(path)?.[Symbol.dispose]() === undefined && tryFree(path))
      await new Promise((r) => setTimeout(r, 5));
    process.kill(-(holder.pid ?? 0), 'SIGKILL');
    (await lockFile(path, { removeFile: true }))[Symbol.dispose]();
    assert.deepEqual(readdirSync(folder), []);
  });
});

function tryFree(path: string): boolean {
  using lock = tryLockFile(path);
  return lock !== undefined;
}

describe('opening below a root', () => {
  beforeEach(() => {
    mkdirSync(join(folder, 'root/etc'), { recursive: true });
    writeFileSync(join(folder, 'root/etc/passwd'), 'inside');
    writeFileSync(join(folder, 'secret'), 'outside');
    symlinkSync('/etc/passwd', join(folder, 'root/absolute'));
    symlinkSync('../../../../etc/passwd', join(folder, 'root/up'));
  });
  const content = (path: string, symlinks: 'in-root' | 'beneath' | 'none') => {
    using file = openInRoot(join(folder, 'root'), path, { symlinks, flags: constants.O_RDONLY });
    return readFileSync(file.fd, 'utf8');
  };
  test('takes symlinks as the container would, or refuses them', () => {
    assert.equal(content('/absolute', 'in-root'), 'inside');
    assert.equal(content('up', 'in-root'), 'inside');
    assert.equal(content('etc/passwd', 'none'), 'inside');
    assert.throws(() => content('up', 'beneath'), { code: 'EXDEV' });
    assert.throws(() => content('absolute', 'beneath'), { code: 'EXDEV' });
    assert.throws(() => content('up', 'none'), { code: 'ELOOP' });
    assert.throws(() => content('../secret', 'beneath'), { code: 'EXDEV' });
    assert.throws(() => content('../secret', 'in-root'), { code: 'ENOENT' });
  });
  test('makes directories inside the root only', () => {
    symlinkSync('..', join(folder, 'root/out'));
    mkdirInRoot(join(folder, 'root'), '/out/a/b', { mode: 0o700 })[Symbol.dispose]();
    assert.equal(statSync(join(folder, 'root/a/b')).mode & 0o777, 0o700);
    assert.throws(() => mkdirInRoot(join(folder, 'root'), 'out/c', { symlinks: 'none' }), { code: 'ELOOP' });
    assert.deepEqual(readdirSync(folder).sort(), ['root', 'secret']);
  });
});

test('a tmpfs can be mounted, bound read-only and taken away', async () => {
  const [source, target] = [join(folder, 'with blank'), join(folder, 'target')];
  mkdirSync(source);
  mkdirSync(target);
  try {
    mount({ source: 'tmpfs', target: source, type: 'tmpfs', data: 'size=64k,mode=0700' });
    bindMount(source, target, { readonly: true });
    const mounts = (await readMounts()).filter(({ mountPoint }) => mountPoint.startsWith(folder));
    assert.deepEqual(
      mounts.map(({ mountPoint, type }) => [mountPoint, type]),
      [
        [source, 'tmpfs'],
        [target, 'tmpfs'],
      ],
    );
    assert.throws(() => writeFileSync(join(target, 'x'), ''), { code: 'EROFS' });
    assert.throws(() => mount({ source: 'x', target: join(folder, 'none'), type: 'tmpfs' }), {
      code: 'ENOENT',
      syscall: 'mount',
    });
  } finally {
    umountAll(target);
    umountAll(source);
  }
  assert.equal(umount(source), false);
});

describe('a program', () => {
  test('gives its output and exit code, 128 + n after a signal', async () => {
    const result = await runCommand('sh', ['-c', 'cat; echo err >&2; exit 3'], { input: 'in' });
    assert.deepEqual(
      [result.exitCode, result.stdout.toString(), result.stderr.toString()],
      [3, 'in', 'err\n'],
    );
    assert.equal((await runCommand('sh', ['-c', 'kill -9 $$'])).exitCode, 137);
  });
  test('that is missing, fails or takes too long is a clear error', async () => {
    await assert.rejects(runCommand('no-such-program', []), {
      code: 'MissingPrerequisite',
      message: /no-such-program/,
    });
    await assert.rejects(mustRun('sh', ['-c', 'echo why >&2; exit 1']), {
      code: 'Unavailable',
      message: /exit code 1: why/,
    });
    await assert.rejects(runCommand('sleep', ['60'], { timeoutMs: 20 }), { code: 'TimedOut' });
    await assert.rejects(runCommand('sleep', ['60'], { signal: AbortSignal.timeout(20) }), {
      name: 'TimeoutError',
    });
  });
  test('is not waited for by its children, and its output is cut', async () => {
    const started = performance.now();
    const result = await runCommand('sh', ['-c', 'sleep 5 & echo $!; yes | head -c 100000'], {
      maxOutputBytes: 50,
    });
    assert.ok(performance.now() - started < 3000);
    assert.equal(result.stdout.length, 50);
    process.kill(Number.parseInt(result.stdout.toString(), 10), 'SIGKILL');
  });
  test('inherits nothing of our environment but PATH', async () => {
    const { stdout } = await runCommand('env', [], { env: { A: '1' } });
    const names = stdout.toString().matchAll(/^([^=]+)=/gm);
    assert.deepEqual(new Set([...names].map(([, name]) => name)), new Set(['A', 'PATH']));
  });
});

test('a process is named by its pid and its start time', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const stat = readProcessStat(pid);
  assert.equal(stat?.parentPid, process.pid);
  assert.equal(isAlive(pid, stat?.startTime ?? 0), true);
  assert.equal(killProcess(pid, (stat?.startTime ?? 0) + 1, 'SIGKILL'), false);
  assert.equal(await waitForExit(pid, stat?.startTime ?? 0, 10), false);
  assert.equal(killProcess(pid, stat?.startTime ?? 0, 'SIGKILL'), true);
  await once(child, 'exit');
  assert.equal(await waitForExit(pid, stat?.startTime ?? 0, 1000), true);
  assert.equal(readProcessStat(pid), undefined);
});

test('/proc tells of namespaces and cgroups', () => {
  assert.equal(namespaceId('self', 'net'), namespaceId(process.pid, 'net'));
  assert.ok(readProcessCgroups('self').every(({ path }) => path.startsWith('/')));
});

test('a file is replaced as a whole, and a failure leaves nothing', async () => {
  const path = join(folder, 'file');
  await writeFileAtomic(path, 'one');
  await writeFileAtomic(path, 'two', { mode: 0o666 });
  assert.equal(readFileSync(path, 'utf8'), 'two');
  assert.equal(statSync(path).mode & 0o777, 0o666, 'whatever the umask');
  await assert.rejects(writeFileAtomic(join(folder, 'none/file'), 'x'), { code: 'ENOENT' });
  assert.deepEqual(readdirSync(folder), ['file']);
});

describe('spawning', () => {
  test('a program has the descriptors it is given, in a session of its own, and no others', async () => {
    const pipe = makePipe();
    const script =
      'echo $(ls /proc/self/fd) $(cut -d" " -f6 /proc/$$/stat) $$ $0 $X; pwd; read line; echo "$line"; kill -TERM $$';
    const child = spawnProcess('sh', ['-c', script], {
      env: { PATH: '/usr/bin:/bin', X: 'y' },
      cwd: '/etc',
      fds: [null, pipe.write, null],
    });
    closeSync(pipe.write);
    const said = new Socket({ fd: pipe.read, readable: true, writable: false });
    said.setEncoding('utf8');
    let text = '';
    said.on('data', (chunk: string) => (text += chunk));
    const closed = once(said, 'close');
    assert.equal(await child.ended, 128 + 15);
    await closed;
    const [numbers = '', directory, line] = text.split('\n');
    assert.match(numbers, new RegExp(`^0 1 2 3 ${child.pid} ${child.pid} sh y$`));
    assert.deepEqual([directory, line], ['/etc', '']);
  });

  test('signals that we ignore are not ignored by what we start', async () => {
    const { stdout } = await runCommand('grep', ['-E', '^Sig(Ign|Blk)', '/proc/self/status']);
    assert.deepEqual(stdout.toString().match(/[0-9a-f]{16}/g), ['0000000000000000', '0000000000000000']);
  });

  test('many programs at once all end', async () => {
    const codes = Array.from({ length: 100 }, (_, index) => index);
    const ended = await Promise.all(codes.map((code) => runCommand('sh', ['-c', `exit ${code}`])));
    assert.deepEqual(
      ended.map(({ exitCode }) => exitCode),
      codes,
    );
  });
});
