import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { readProcessStat } from './proc.ts';
import { ProcessHandles } from './process-handles.ts';

function sleeper() {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  return { child, pid, startTime: readProcessStat(pid)?.startTime ?? 0 };
}

test('a process lives until it ends, however often one asks', async () => {
  using handles = new ProcessHandles();
  const { child, pid, startTime } = sleeper();
  for (let look = 0; look < 4; look += 1) assert.equal(handles.isAlive(pid, startTime), true);
  assert.equal(handles.size, 1);
  assert.equal(handles.isAlive(pid, startTime + 1), false);
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  for (let look = 0; look < 3; look += 1) assert.equal(handles.isAlive(pid, startTime), false);
  assert.equal(handles.size, 0);
});

test('descriptors of processes that nobody asks for any more do not pile up', async () => {
  const before = readdirSync('/proc/self/fd').length;
  {
    using handles = new ProcessHandles();
    for (let round = 0; round < 4; round += 1) {
      const all = Array.from({ length: 16 }, sleeper);
      for (const { pid, startTime } of [...all, ...all]) handles.isAlive(pid, startTime);
      assert.ok(handles.size <= 32, `${handles.size} held`);
      const ended = all.map(({ child }) => once(child, 'exit'));
      for (const { child } of all) child.kill('SIGKILL');
      await Promise.all(ended);
    }
  }
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('the end of one of many is seen without asking for each', async () => {
  using handles = new ProcessHandles();
  const all = Array.from({ length: 5 }, sleeper);
  for (const { pid, startTime } of [...all, ...all]) handles.isAlive(pid, startTime);
  assert.equal(handles.countEnded(), 0);
  const [first, ...others] = all;
  const ended = once(first?.child ?? process, 'exit');
  first?.child.kill('SIGKILL');
  await ended;
  assert.equal(handles.countEnded(), 1);
  assert.equal(handles.countEnded(), 1);
  assert.equal(handles.size, 4);
  const rest = others.map(({ child }) => once(child, 'exit'));
  for (const { child } of others) child.kill('SIGKILL');
  await Promise.all(rest);
  for (const { pid, startTime } of others) assert.equal(handles.isAlive(pid, startTime), false);
  assert.equal(handles.countEnded(), 5);
});
