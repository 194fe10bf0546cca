import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sweptSteps } from './swept-steps.ts';

test('steps are counted by name, and of a dozen alike hierarchies the first and the last are swept', () => {
  const found = sweptSteps([
    'mkdir /run/a',
    'mkdir /sys/fs/cgroup/memory/pod/x',
    'mkdir /sys/fs/cgroup/cpu,cpuacct/pod/x',
    'mkdir /sys/fs/cgroup/name=systemd/pod/x',
    'write /sys/fs/cgroup/cpu/pod/x/cpu.shares',
    'mkdir /run/a',
    'mkdir /sys/fs/cgroup/cpu/pod/y',
  ]);
  assert.deepEqual(
    found.map(({ step, occurrence, isFirst }) => `${step}#${occurrence}${isFirst ? ' first' : ''}`),
    [
      'mkdir /run/a#1 first',
      'mkdir /sys/fs/cgroup/memory/pod/x#1',
      'mkdir /sys/fs/cgroup/name=systemd/pod/x#1',
      'write /sys/fs/cgroup/cpu/pod/x/cpu.shares#1',
      'mkdir /run/a#2',
      'mkdir /sys/fs/cgroup/cpu/pod/y#1',
    ],
  );
});
