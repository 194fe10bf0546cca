import assert from 'node:assert/strict';
import test from 'node:test';
import type { Pod, ResourceRequirements } from './api/types.ts';
import {
  containerCgroupSettings,
  milliCpuToQuotaUs,
  milliCpuToShares,
  oomScoreAdj,
  podCgroupSettings,
} from './cgroup-arithmetic.ts';

const GIB = 1024 ** 3;

function pod(...resources: ResourceRequirements[]): Pod {
  return { spec: { containers: resources.map((one, index) => ({ name: `c${index}`, resources: one })) } };
}

test('milli-CPUs become shares between 2 and 262144', () => {
  const cases: [number, number][] = [
    [0, 2],
    [1, 2],
    [2, 2],
    [100, 102],
    [250, 256],
    [1000, 1024],
    [300_000, 262_144],
  ];
  for (const [milli, shares] of cases) assert.equal(milliCpuToShares(milli), shares);
});

test('milli-CPUs become a quota of at least a millisecond per period', () => {
  const cases: [number, number | undefined][] = [
    [0, undefined],
    [1, 1000],
    [10, 1000],
    [20, 2000],
    [1500, 150_000],
  ];
  for (const [milli, quota] of cases) assert.equal(milliCpuToQuotaUs(milli), quota);
});

test('a pod is limited as a whole only when all its containers are', () => {
  const limited = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } };
  assert.deepEqual(podCgroupSettings(pod(limited, limited)), {
    cpuShares: 1024,
    cpuQuotaUs: 200_000,
    cpuPeriodUs: 100_000,
    memoryLimitBytes: 4 * GIB,
    hugepageLimits: [],
  });
  assert.deepEqual(podCgroupSettings(pod(limited, {})), { cpuShares: 512, hugepageLimits: [] });
});

test('a best-effort pod has the fewest shares', () => {
  assert.deepEqual(podCgroupSettings(pod({})), { cpuShares: 2, hugepageLimits: [] });
});

test('pod-level limits hold for the pod and for containers without limits of their own', () => {
  const one = pod({}, { limits: { memory: '512Mi' } });
  one.spec!.resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } };
  assert.deepEqual(podCgroupSettings(one), {
    cpuShares: 1024,
    cpuQuotaUs: 200_000,
    cpuPeriodUs: 100_000,
    memoryLimitBytes: GIB,
    hugepageLimits: [],
  });
  const [first, second] = one.spec!.containers;
  assert.equal(containerCgroupSettings(one, first!, 8 * GIB).memoryLimitBytes, GIB);
  assert.equal(containerCgroupSettings(one, second!, 8 * GIB).memoryLimitBytes, GIB / 2);
  assert.equal(containerCgroupSettings(one, second!, 8 * GIB).cpuQuotaUs, 200_000);
});

test('huge pages are named as the kernel names them', () => {
  const huge = pod({ limits: { 'hugepages-2Mi': '4Mi', 'hugepages-1Gi': '1Gi', cpu: '1', memory: '1Gi' } });
  assert.deepEqual(containerCgroupSettings(huge, huge.spec!.containers[0]!, GIB).hugepageLimits, [
    { pageSize: '2MB', limitBytes: 4 * 1024 ** 2 },
    { pageSize: '1GB', limitBytes: GIB },
  ]);
});

test('OOM scores follow the QoS class, and a burstable container is spared for what it requests', () => {
  const score = (one: Pod) => oomScoreAdj(one, one.spec!.containers[0]!, 8 * GIB);
  const full = { cpu: '1', memory: '1Gi' };
  assert.equal(score(pod({ requests: full, limits: full })), -997);
  assert.equal(score(pod({})), 1000);
  assert.equal(score(pod({ requests: { memory: '4Gi' } })), 500);
  assert.equal(score(pod({ requests: { cpu: '1' } })), 999);
  assert.equal(score(pod({ requests: { memory: '8Gi' } })), 3);
  const critical = pod({});
  critical.spec!.priorityClassName = 'system-node-critical';
  assert.equal(score(critical), -997);
});

test('a sidecar is not killed before the smallest of the containers that it serves', () => {
  const one = pod({ requests: { memory: '4Gi' } });
  one.spec!.initContainers = [
    { name: 's', restartPolicy: 'Always', resources: { requests: { memory: '1Gi' } } },
  ];
  assert.equal(oomScoreAdj(one, one.spec!.initContainers[0]!, 8 * GIB), 500);
});
