import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busyTicks, nodeMemory, readNode } from './read-node.ts';

test('idle time, waiting and guests are not counted as busy', () => {
  assert.equal(busyTicks('cpu  100 20 30 4000 500 6 7 8 90 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n'), 171);
});

test('the working set is what is used without the inactive file cache', () => {
  const meminfo = 'MemTotal: 1000 kB\nMemFree:  300 kB\nInactive(file):   200 kB\nAnonPages:  50 kB\n';
  assert.deepEqual(nodeMemory(meminfo, 'pgfault 7\npgmajfault 2\n'), {
    memory: {
      usageBytes: 700 * 1024,
      workingSetBytes: 500 * 1024,
      rssBytes: 50 * 1024,
      pageFaults: 7,
      majorPageFaults: 2,
    },
    memoryAvailableBytes: 500 * 1024,
  });
});

test('this machine has started, has memory, room and processes', async () => {
  const { startedAt, cpuNanoseconds, memory, filesystem, processes } = await readNode('/');
  assert.ok(startedAt > 0 && startedAt <= Date.now());
  assert.ok(cpuNanoseconds > 0 && memory.workingSetBytes > 0 && filesystem.capacityBytes > 0);
  assert.ok(processes.current > 0 && processes.current <= processes.maximum);
});
