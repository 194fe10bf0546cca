import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, afterEach, test } from 'node:test';
import { type Fault, inject, parseFault } from './external-step.ts';
import { mkdir, mkdirSync, writeFile } from './files.ts';
import { runCommand } from './run-command.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'step-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function fault(kind: Fault['kind'], step: string, occurrence = 1, code = ''): Fault {
  return { kind, step, occurrence, code };
}

/** A program that makes a/, writes a/f and makes b/, with the fault in its environment. */
function runFaulty(faultText: string) {
  const program = `
    import { mkdir, writeFile } from ${JSON.stringify(new URL('files.ts', import.meta.url).href)};
    await mkdir('a'); await writeFile('a/f', 'whole'); await mkdir('b');`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: directory,
    env: { ...process.env, PEAPOD_FAULT: faultText },
    encoding: 'utf8',
  });
}

test('a kill comes before, within or right after the step', () => {
  const left = (name: string) => existsSync(join(directory, name));
  assert.equal(runFaulty('kill-before@write a/f#1').signal, 'SIGKILL');
  assert.deepEqual([left('a'), left('a/f')], [true, false]);
  rmSync(join(directory, 'a'), { recursive: true });
  assert.equal(runFaulty('kill-within@write a/f#1').signal, 'SIGKILL');
  assert.equal(readFileSync(join(directory, 'a/f'), 'utf8'), 'wh');
  rmSync(join(directory, 'a'), { recursive: true });
  assert.equal(runFaulty('kill-after@write a/f#1').signal, 'SIGKILL');
  assert.deepEqual([readFileSync(join(directory, 'a/f'), 'utf8'), left('b')], ['whole', false]);
});

test('a star is any step, counted over all', () => {
  assert.equal(runFaulty('kill-before@*#2').signal, 'SIGKILL');
  assert.deepEqual([existsSync(join(directory, 'a')), existsSync(join(directory, 'a/f'))], [true, false]);
});

test('a recorder is told every step, and nothing else changes', () => {
  const file = join(directory, 'steps');
  assert.equal(runFaulty(`record:${file}`).status, 0);
  assert.equal(readFileSync(file, 'utf8'), 'mkdir a\nwrite a/f\nmkdir b\n');
});

test('an order in a file holds from when it is there, and counts from then', () => {
  const order = join(directory, 'order');
  writeFileSync(order, '');
  const program = `
    import { writeFileSync } from 'node:fs';
    import { mkdir, rmdir } from ${JSON.stringify(new URL('files.ts', import.meta.url).href)};
    await mkdir('a'); await rmdir('a');
    writeFileSync(${JSON.stringify(order)}, 'fail@mkdir a#2:EIO');
    await mkdir('a'); await rmdir('a');
    await mkdir('a').catch((error) => console.log(error.code));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: directory,
    env: { ...process.env, PEAPOD_FAULT: `order:${order}` },
    encoding: 'utf8',
  });
  assert.equal(stdout, 'EIO\n');
});

test('what is no fault is refused as the program starts', () => {
  for (const text of [
    'kill',
    'fail@mkdir x#1',
    'fail@mkdir x#1:EWHAT',
    'hang@x',
    'kill-after@mkdir x#0',
    'hang@x#1:EIO',
  ])
    assert.throws(() => parseFault(text), /PEAPOD_FAULT: not a fault/, text);
  assert.deepEqual(parseFault('fail@write a#b#2:ENOSPC'), fault('fail', 'write a#b', 2, 'ENOSPC'));
  assert.match(runFaulty('nonsense').stderr, /PEAPOD_FAULT: not a fault: "nonsense"/);
});

test('a step that fails does nothing, and says what failed as node:fs does', async () => {
  const path = join(directory, 'x');
  {
    using _ = inject(fault('fail', `mkdir ${path}`, 2, 'EPERM'));
    await mkdir(path, { recursive: true });
    rmSync(path, { recursive: true });
    await assert.rejects(mkdir(path), {
      code: 'EPERM',
      message: `EPERM: operation not permitted, mkdir '${path}'`,
    });
    assert.ok(!existsSync(path));
    mkdirSync(path);
  }
  assert.ok(existsSync(path));
});

test('a full disk refuses all that needs room from then on, and lets go of what is there', async () => {
  const path = join(directory, 'x');
  await writeFile(path, 'old');
  using _ = inject(fault('fail-from', `write ${path}.tmp`, 1, 'ENOSPC'));
  await assert.rejects(writeFileAtomic(path, 'new'), { code: 'ENOSPC' });
  await assert.rejects(mkdir(join(directory, 'y')), { code: 'ENOSPC' });
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.ok(!existsSync(join(directory, 'y')));
});

test('a program that hangs is killed by its time limit', async () => {
  using _ = inject(fault('hang', 'spawn sleep 60'));
  await assert.rejects(runCommand('sleep', ['60'], { timeoutMs: 100_000 }), { code: 'TimedOut' });
});

test('what differs from pod to pod is not in the name of a step', () => {
  const steps: string[] = [];
  const folder = join(directory, 'leases/net');
  mkdirSync(folder, { recursive: true });
  {
    using _ = inject(undefined, (step) => steps.push(step));
    for (const name of ['10.88.0.5', 'fda6:91a5::2c', 'a', 'f'.repeat(64)]) mkdirSync(join(folder, name));
  }
  assert.deepEqual(
    steps.map((step) => step.split('/').at(-1)),
    ['<address>', '<address>', 'a', '<id>'],
  );
});
