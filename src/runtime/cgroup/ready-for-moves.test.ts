import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import type { CgroupLayout } from './cgroup-layout.ts';
import { readyForMoves } from './ready-for-moves.ts';

const folder = mkdtempSync(join(tmpdir(), 'peapod-moves-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function until(holds: () => boolean, atMostMs = 5000): Promise<boolean> {
  for (const end = Date.now() + atMostMs; !holds() && Date.now() < end; ) await delay(1);
  return holds();
}

function fakeCgroup(...path: string[]): { written: () => string } {
  const directory = join(folder, ...path);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'cgroup.procs');
  writeFileSync(file, '-');
  return {
    written: () => {
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, '-');
      return text;
    },
  };
}

test('while held, and a little longer, this process is put where it is, again and again', async () => {
  const own = fakeCgroup('v2', 'own');
  const layout: CgroupLayout = { version: 2, mountPoint: join(folder, 'v2') };
  const clock = new FakeClock();
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await until(() => clock.sleeping > 0, 100);
  };
  const moves = readyForMoves(layout, clock, { own: () => '0::/own\n' });
  assert.equal(own.written(), '-');

  const first = moves.hold();
  const second = moves.hold();
  assert.ok(await until(() => clock.sleeping === 1));
  assert.equal(own.written(), '0');
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  await pass(8);
  assert.equal(own.written(), '0');
  second[Symbol.dispose]();
  await pass(40);
  assert.equal(own.written(), '0');
  for (const _ of [1, 2]) await pass(60);
  own.written();
  await pass(60);
  assert.equal(own.written(), '-');
  assert.equal(clock.sleeping, 0);

  using _again = moves.hold();
  assert.ok(await until(() => clock.sleeping === 1));
  assert.equal(own.written(), '0');
});

test('of version 1 it is the hierarchy of pids', async () => {
  const own = fakeCgroup('pids', 'a', 'b');
  const layout: CgroupLayout = {
    version: 1,
    controllers: new Map([
      ['cpu', join(folder, 'cpu')],
      ['pids', join(folder, 'pids')],
    ]),
    unified: undefined,
  };
  const clock = new FakeClock();
  using _ = readyForMoves(layout, clock, { own: () => '2:cpu,cpuacct:/x\n1:pids:/a/b\n0::/y\n' }).hold();
  assert.ok(await until(() => clock.sleeping === 1));
  assert.equal(own.written(), '0');
});

test('where that cannot be done it is left', async () => {
  const layout: CgroupLayout = { version: 2, mountPoint: join(folder, 'nowhere') };
  let asked = 0;
  const clock = new FakeClock();
  const own = () => {
    asked += 1;
    return '0::/own\n';
  };
  const moves = readyForMoves(layout, clock, { own });
  using _first = moves.hold();
  await delay(20);
  using _second = moves.hold();
  await delay(20);
  assert.equal(asked, 1);
});

test('whoever makes a cgroup need not stand still while the kernel gets ready', async () => {
  fakeCgroup('v2', 'slow');
  const layout: CgroupLayout = { version: 2, mountPoint: join(folder, 'v2') };
  const clock = new FakeClock();
  const moves = readyForMoves(layout, clock, { own: () => '0::/slow\n' });
  await moves.settled();
  const file = join(folder, 'v2', 'slow', 'cgroup.procs');
  using _ = moves.hold();
  await moves.settled();
  assert.equal(readFileSync(file, 'utf8'), '0');
});
