import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readProcessStat } from '../linux/proc.ts';
import { forgetContainer } from './forget-container.ts';

describe('forgetting a container', () => {
  let directory: string;
  let folder: string;
  let asked: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'peapod-forget-'));
    folder = join(directory, 'state', 'c1');
    asked = join(directory, 'asked');
    mkdirSync(folder, { recursive: true });
    for (const name of ['crun', 'runc'])
      writeFileSync(join(directory, name), `#!/bin/sh\necho "$@" >> ${asked}\n`, { mode: 0o755 });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const runtime = (name = 'crun', more: string[] = []) => ({
    path: join(directory, name),
    globalArgs: ['--root', join(directory, 'state'), ...more],
  });
  const told = () => (existsSync(asked) ? readFileSync(asked, 'utf8').trim() : '');
  const knows = (status: object | string, config = '{}') => {
    writeFileSync(join(folder, 'status'), typeof status === 'string' ? status : JSON.stringify(status));
    writeFileSync(join(folder, 'config.json'), config);
  };
  const ended = { pid: 2 ** 22 + 1, 'process-start-time': 1 };

  test("an ended one's folder is deleted, and crun not started", async () => {
    knows(ended);
    await forgetContainer(runtime(), 'c1');
    assert.equal(existsSync(folder), false);
    assert.equal(told(), '');
  });

  test('what a deletion that was killed has left is deleted', async () => {
    knows(ended);
    rmSync(join(folder, 'config.json'));
    await forgetContainer(runtime(), 'c1');
    assert.equal(existsSync(folder), false);
    mkdirSync(folder);
    await forgetContainer(runtime(), 'c1');
    assert.equal(existsSync(folder), false);
    assert.equal(told(), '');
  });

  test('one that ends just now is waited for', async () => {
    const sleeper = spawn('sleep', ['100']);
    const pid = sleeper.pid ?? 0;
    knows({ pid, 'process-start-time': readProcessStat(pid)?.startTime });
    const gone = once(sleeper, 'exit');
    setTimeout(() => sleeper.kill('SIGKILL'), 100);
    await forgetContainer(runtime(), 'c1');
    await gone;
    assert.equal(existsSync(folder), false);
    assert.equal(told(), '');
  });

  test('the runtime is asked where there is more to do, or where it is not clear', async () => {
    const order = `--root ${join(directory, 'state')} delete --force c1`;
    const own = { pid: process.pid, 'process-start-time': readProcessStat(process.pid)?.startTime };
    const cases: [() => void, string, string[]][] = [
      [() => knows(own), 'crun', []],
      [() => knows(ended, '{"hooks":{"poststop":[{"path":"/x"}]}}'), 'crun', []],
      [() => knows('{"pid": 1'), 'crun', []],
      [() => knows({ pid: 1 }), 'crun', []],
      [() => rmSync(join(folder, 'status')), 'crun', []],
      [() => knows(ended), 'crun', ['--systemd-cgroup']],
      [() => knows(ended), 'runc', []],
    ];
    for (const [prepare, name, more] of cases) {
      rmSync(asked, { force: true });
      prepare();
      await forgetContainer(runtime(name, more), 'c1');
      assert.equal(told(), order.replace(' delete', [...more.map((arg) => ` ${arg}`), ' delete'].join('')));
      assert.equal(existsSync(folder), true);
    }
  });

  test('what the runtime does not know needs nothing', async () => {
    for (const name of ['crun', 'runc']) await forgetContainer(runtime(name), 'other');
    assert.equal(told(), '');
  });
});
