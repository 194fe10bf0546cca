import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerStats, ContainerStatus, PodSandboxStatus } from '../../runtime/pod-runtime.ts';
import type { Sample } from './take-sample.ts';
import { usageBetween } from './usage-between.ts';

const MEMORY = { usageBytes: 9, workingSetBytes: 8, rssBytes: 7, pageFaults: 6, majorPageFaults: 5 };

function container(id: string, timestamp: number, cpuUsageNanoCoreSeconds: number): ContainerStats {
  return {
    id,
    timestamp,
    cpuUsageNanoCoreSeconds,
    memoryWorkingSetBytes: 2048,
    memoryUsageBytes: 4096,
    memoryRssBytes: 1024,
    memoryPageFaults: 0,
    memoryMajorPageFaults: 0,
    memoryAvailableBytes: undefined,
    processCount: 1,
    writableLayerBytes: 0,
    writableLayerInodes: 0,
  };
}

/** A node with one pod of these containers, by what each has used. */
function sample(timestamp: number, nodeNanoseconds: number, used: Record<string, number>): Sample {
  const measured = Object.entries(used).map(([id, nanoseconds]) => container(id, timestamp, nanoseconds));
  const total = Object.values(used).reduce((sum, nanoseconds) => sum + nanoseconds, 0);
  return {
    node: {
      timestamp,
      startedAt: 0,
      cpuNanoseconds: nodeNanoseconds,
      memory: MEMORY,
      memoryAvailableBytes: 1,
      filesystem: { availableBytes: 1, capacityBytes: 2, freeInodes: 3, inodes: 4 },
      processes: { maximum: 100, current: 10 },
    },
    pods: [
      {
        sandbox: {
          id: 's',
          metadata: { name: 'web', namespace: 'default', uid: 'u', attempt: 0 },
          createdAt: 7,
        } as PodSandboxStatus,
        stats: {
          id: 's',
          timestamp,
          cpuUsageNanoCoreSeconds: total,
          memoryWorkingSetBytes: 1,
          memoryUsageBytes: 2,
          processCount: 3,
          network: [],
          containers: measured,
        },
        containers: Object.keys(used).map(
          (id) =>
            ({
              id,
              metadata: { name: `name-${id}`, attempt: 0 },
              startedAt: 1,
              userImage: 'i',
            }) as ContainerStatus,
        ),
      },
    ],
  };
}

test('a rate is what was used, by the time between the samples', () => {
  const usage = usageBetween('n', sample(1000, 10e9, { a: 1e9 }), sample(3000, 13e9, { a: 2e9 }));
  assert.equal(usage.windowMs, 2000);
  assert.equal(usage.cpu.nanoCores, 1.5e9);
  assert.equal(usage.pods[0]?.cpu.nanoCores, 5e8);
  assert.deepEqual(usage.pods[0]?.containers[0]?.cpu, { totalNanoseconds: 2e9, nanoCores: 5e8 });
  assert.equal(usage.pods[0]?.containers[0]?.name, 'name-a');
  assert.equal(usage.pods[0]?.containers[0]?.memory.workingSetBytes, 2048);
});

test('what has begun meanwhile has no rate, and a counter that went back gives none below zero', () => {
  const usage = usageBetween('n', sample(1000, 0, { a: 5e9 }), sample(2000, 0, { a: 1e9, b: 3e9 }));
  const rates = usage.pods[0]?.containers.map(({ name, cpu }) => [name, cpu.nanoCores]);
  assert.deepEqual(rates, [
    ['name-a', 0],
    ['name-b', 0],
  ]);
});
