import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../model/api/types.ts';
import type { NodeReading } from '../stats/node-reading.ts';
import { container, FakeNode } from '../testing/fake-node.ts';
import { evictionMessage } from './eviction-message.ts';
import { DEFAULT_EVICTION_HARD, evictionSettings, parseAmount } from './eviction-settings.ts';
import { judgePressure, NO_PRESSURE, type Readings } from './judge-pressure.ts';
import type { EvictionOptions } from './node-pressure.ts';
import { type PodShare, rankPods } from './rank-pods.ts';

const MIB = 1024 ** 2;
const memory = (available: number): Readings =>
  new Map([['memory.available', { available: available * MIB, capacity: 1000 * MIB }]]);

test('amounts are quantities or shares', () => {
  assert.deepEqual(parseAmount('100Mi'), { text: '100Mi', value: 100 * MIB });
  assert.deepEqual(parseAmount('7.5%'), { text: '7.5%', percent: 7.5 });
  for (const text of ['', '-1', '101%', 'x', '%']) assert.equal(parseAmount(text), undefined, text);
  assert.deepEqual(
    evictionSettings().thresholds.map(({ signal, amount }) => [signal, amount.text]),
    Object.entries(DEFAULT_EVICTION_HARD),
  );
});

test('a hard threshold is due at once; its condition stays for the transition period', () => {
  const settings = evictionSettings({ hard: { 'memory.available': '100Mi' }, transitionMs: 300_000 });
  const calm = judgePressure(NO_PRESSURE, memory(100), settings, 0);
  assert.deepEqual([calm.due.length, calm.conditions.size], [0, 0]);
  const short = judgePressure(calm.state, memory(99), settings, 1000);
  assert.deepEqual([short.due.length, [...short.conditions]], [1, ['MemoryPressure']]);
  const after = judgePressure(short.state, memory(500), settings, 300_000);
  assert.deepEqual([after.due.length, [...after.conditions]], [0, ['MemoryPressure']]);
  assert.equal(judgePressure(after.state, memory(500), settings, 301_000).conditions.size, 0);
});

test('a soft threshold is due when its grace period is over, and begins anew when it was not met', () => {
  const settings = evictionSettings({
    hard: {},
    soft: { 'memory.available': '20%' },
    softGraceMs: { 'memory.available': 30_000 },
  });
  const first = judgePressure(NO_PRESSURE, memory(199), settings, 0);
  assert.deepEqual([first.due.length, [...first.conditions]], [0, ['MemoryPressure']]);
  assert.equal(judgePressure(first.state, memory(199), settings, 30_000).due.length, 1);
  const better = judgePressure(first.state, memory(200), settings, 10_000);
  assert.equal(judgePressure(better.state, memory(199), settings, 30_000).due.length, 0);
});

test('once it is met, the minimum has to be reclaimed too', () => {
  const settings = evictionSettings({
    hard: { 'memory.available': '100Mi' },
    minReclaim: { 'memory.available': '50Mi' },
  });
  assert.equal(judgePressure(NO_PRESSURE, memory(149), settings, 0).due.length, 0);
  const met = judgePressure(NO_PRESSURE, memory(99), settings, 0);
  assert.equal(judgePressure(met.state, memory(149), settings, 1).due.length, 1);
  assert.equal(judgePressure(met.state, memory(150), settings, 1).due.length, 0);
});

test('memory is the most urgent, and a file system that does not count inodes has enough', () => {
  const settings = evictionSettings({ hard: { 'memory.available': '50%', 'nodefs.inodesFree': '5' } });
  const readings: Readings = new Map([
    ['nodefs.inodesFree', { available: 1, capacity: 10 }],
    ['memory.available', { available: 1, capacity: 10 }],
  ]);
  const { due } = judgePressure(NO_PRESSURE, readings, settings, 0);
  assert.deepEqual(
    due.map(({ signal }) => signal),
    ['memory.available', 'nodefs.inodesFree'],
  );
  const none: Readings = new Map([['nodefs.inodesFree', { available: 0, capacity: 0 }]]);
  assert.equal(judgePressure(NO_PRESSURE, none, settings, 0).due.length, 0);
});

function share(name: string, used: number, request: string, priority = 0): PodShare {
  const containers = [{ name: 'c', resources: { requests: { memory: request } } }];
  const pod: Pod = { metadata: { name }, spec: { containers, priority } };
  const bytes = used * MIB;
  return {
    pod,
    memoryBytes: bytes,
    diskBytes: bytes,
    inodes: used,
    processes: used,
    containers: new Map([['c', { memoryBytes: bytes, diskBytes: bytes }]]),
  };
}

test('who uses more than it asked for goes first, then the least important, then who exceeds the most', () => {
  const shares = [
    share('within', 500, '600Mi'),
    share('important', 900, '1Mi', 10),
    share('little', 20, '10Mi'),
    share('much', 200, '10Mi'),
  ];
  const order = (signal: Parameters<typeof rankPods>[1]) =>
    rankPods(shares, signal).map(({ pod }) => pod.metadata?.name);
  assert.deepEqual(order('memory.available'), ['much', 'little', 'important', 'within']);
  assert.deepEqual(order('pid.available'), ['within', 'much', 'little', 'important']);
});

test('the message names the resource, the threshold, and who took so much', () => {
  const [threshold] = evictionSettings({ hard: { 'memory.available': '10%' } }).thresholds;
  assert.ok(threshold);
  assert.equal(
    evictionMessage(threshold, memory(50), share('web', 200, '100Mi')),
    'The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki. ' +
      'Container c was using 204800Ki, request is 100Mi, has larger consumption of memory. ',
  );
});

interface Shortage {
  readonly options: EvictionOptions;
  readonly told: string[];
  available: number;
}

function shortage(): Shortage {
  const told: string[] = [];
  const room = { availableBytes: 9e9, capacityBytes: 1e10, freeInodes: 9e5, inodes: 1e6 };
  const shortage: Shortage = {
    told,
    available: 500 * MIB,
    options: {
      settings: evictionSettings(),
      readNode: async (): Promise<NodeReading> => ({
        timestamp: 0,
        startedAt: 0,
        cpuNanoseconds: 0,
        memory: {
          usageBytes: 0,
          workingSetBytes: 1000 * MIB - shortage.available,
          rssBytes: 0,
          pageFaults: 0,
          majorPageFaults: 0,
        },
        memoryAvailableBytes: shortage.available,
        filesystem: room,
        processes: { maximum: 1000, current: 10 },
      }),
      readImageRoom: async () => room,
      removeUnusedImages: async () => {},
      onConditions: (conditions) => void told.push([...conditions].join(',') || 'none'),
      onReclaim: (resource) => void told.push(`reclaim ${resource}`),
    },
  };
  return shortage;
}

test('a node that is short of memory evicts, takes no best-effort pods, and recovers', async () => {
  const short = shortage();
  await using node = new FakeNode({ deps: { eviction: short.options } });
  await node.run({ containers: [container('main')] });
  await node.run({ containers: [container('main')], priority: 2_000_000_000 }, { name: 'vital', uid: 'u2' });
  short.available = 50 * MIB;
  await node.clock.advance(15_000);
  const { phase, reason, message, conditions } = node.pod().status ?? {};
  assert.deepEqual([phase, reason], ['Failed', 'Evicted']);
  assert.match(message ?? '', /^The node was low on resource: memory\. Threshold quantity: 100Mi, /);
  assert.equal(conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason, 'TerminationByKubelet');
  await node.clock.advance(60_000);
  assert.equal(node.pod('vital').status?.phase, 'Running');
  await node.run({ containers: [container('main')] }, { name: 'late', uid: 'u3' });
  assert.deepEqual(
    [node.pod('late').status?.phase, node.pod('late').status?.message],
    ['Failed', 'Pod was rejected: The node had condition: [MemoryPressure]. '],
  );
  assert.equal(
    node.pod('late').status?.conditions?.some(({ type }) => type === 'DisruptionTarget'),
    false,
  );
  const resources = { requests: { cpu: '1m' } };
  await node.run({ containers: [container('main', { resources })] }, { name: 'burst', uid: 'u4' });
  assert.notEqual(node.pod('burst').status?.reason, 'Evicted: rejected');
  assert.deepEqual(short.told.slice(0, 2), ['MemoryPressure', 'reclaim memory']);
  short.available = 500 * MIB;
  await node.clock.advance(330_000);
  assert.equal(short.told.at(-1), 'none');
});
