/** What a node does not take, and whom it sends away: with kubectl against a real server. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Node, NodeCondition, Pod } from '../../src/model/api/types.ts';
import { milliCpuOf, parseResources, wholeAmountOf } from '../../src/model/resource-list.ts';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { imageReference } from './support/images.ts';
import { processes } from './support/kernel-view.ts';
import { until } from './support/peapod.ts';

let cluster: TestCluster;
let node: string;
before(async () => {
  cluster = await startCluster();
  node = (await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
});
after(async () => {
  await cluster[Symbol.asyncDispose]();
});

const POD = (name: string, spec: string, container: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 1
  ${spec}
  containers:
    - name: c
      image: '${imageReference('busybox')}'
      imagePullPolicy: Never
      ${container}
`;

async function pod(name: string): Promise<Pod> {
  return JSON.parse(await cluster.kubectl('get', 'pod', name, '-o', 'json')) as Pod;
}

function untilPhase(name: string, phase: string): Promise<Pod> {
  return until(
    `${name} is ${phase}`,
    async () => {
      const found = await pod(name);
      return found.status?.phase === phase ? found : undefined;
    },
    60_000,
  );
}

test('a pod that was bound past the scheduler and does not fit is failed, and nothing of it is made', async () => {
  const held = `nodeName: ${node}`;
  const cases = [
    [
      POD('big', held, "resources: { requests: { cpu: '1000' } }"),
      'OutOfcpu',
      /^Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: \d+, capacity: \d+$/,
    ],
    [
      POD('elsewhere', `${held}\n  nodeSelector: { no: such }`, 'command: [sleep, "10417"]'),
      'NodeAffinity',
      /^Pod was rejected: Predicate NodeAffinity failed: node\(s\) didn't match Pod's node affinity\/selector$/,
    ],
  ] as const;
  for (const [manifest, reason, message] of cases) {
    await cluster.apply(manifest);
    const name = /name: (\S+)/.exec(manifest)?.[1] ?? '';
    const { status } = await untilPhase(name, 'Failed');
    assert.equal(status?.reason, reason);
    assert.match(status?.message ?? '', message);
    assert.match(await cluster.kubectl('get', 'events', '--field-selector', `reason=${reason}`), /Warning/);
  }
  assert.deepEqual(
    (await processes()).filter(({ commandLine }) => commandLine === 'sleep 10417'),
    [],
  );
  await cluster.kubectl('delete', 'pod', 'big', 'elsewhere');
});

test('a node that is short of memory evicts who takes most beyond its request, and says so', async () => {
  const hold = (mib: number) =>
    `command: [sh, -c, 'x=$(head -c ${mib}000000 /dev/zero | tr "\\\\0" x); sleep 3000']`;
  await cluster.apply(POD('greedy', '', hold(60)));
  await cluster.apply(POD('modest', '', `${hold(1)}\n      resources: { requests: { memory: 200Mi } }`));
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/greedy', 'pod/modest', '--timeout=40s');
  await restartWith("agent: { evictionHard: { memory.available: '100%' } }");
  const { status } = await untilPhase('greedy', 'Failed');
  assert.equal(status?.reason, 'Evicted');
  assert.match(
    status?.message ?? '',
    /^The node was low on resource: memory\. Threshold quantity: \d+\w*, available: \d+Ki\. Container c was using \d+Ki, request is 0, has larger consumption of memory\. $/,
  );
  assert.equal(
    status?.conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason,
    'TerminationByKubelet',
  );
  const pressure = await untilCondition('MemoryPressure', 'True');
  assert.equal(pressure.reason, 'KubeletHasInsufficientMemory');
  assert.match(
    await cluster.kubectl('get', 'events', '--field-selector', 'reason=EvictionThresholdMet'),
    /Attempting to reclaim memory/,
  );
  await cluster.apply(POD('late', `nodeName: ${node}`, 'command: [sleep, "10417"]'));
  const late = await untilPhase('late', 'Failed');
  assert.deepEqual(
    [late.status?.reason, late.status?.message],
    ['Evicted', 'Pod was rejected: The node had condition: [MemoryPressure]. '],
  );
  await restartWith('');
  await untilCondition('MemoryPressure', 'False');
  await cluster.kubectl('delete', 'pod', 'greedy', 'modest', 'late');
});

test('a node that is short of disk removes images that nobody uses, then evicts who fills it', async () => {
  const archive = join(cluster.peapod.directory, 'unused.tar');
  execFileSync('tar', ['-cf', archive, '-C', import.meta.dirname, basename(import.meta.filename)]);
  await cluster.peapod.succeed(['import', archive, 'unused:1']);
  const images = () => cluster.peapod.succeed(['images']);
  assert.match(await images(), /unused/);
  const fill = (mib: number) => `command: [sh, -c, 'head -c ${mib}000000 /dev/zero > /filled; sleep 3000']`;
  await cluster.apply(POD('filler', '', fill(60)));
  await cluster.apply(
    POD('thrifty', '', `${fill(1)}\n      resources: { requests: { ephemeral-storage: 100Mi } }`),
  );
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/filler', 'pod/thrifty', '--timeout=40s');
  await restartWith("agent: { evictionHard: { nodefs.available: '100%' } }");
  const { status } = await untilPhase('filler', 'Failed');
  assert.equal(status?.reason, 'Evicted');
  assert.match(
    status?.message ?? '',
    /^The node was low on resource: ephemeral-storage\. Threshold quantity: \d+\w*, available: \d+Ki\. Container c was using \d+Ki, request is 0, has larger consumption of ephemeral-storage\. $/,
  );
  assert.equal((await pod('thrifty')).status?.phase, 'Running');
  assert.equal((await untilCondition('DiskPressure', 'True')).reason, 'KubeletHasDiskPressure');
  assert.doesNotMatch(await images(), /unused/);
  assert.match(await images(), /busybox/, 'pods use it');
  await restartWith('');
  await untilCondition('DiskPressure', 'False');
  await cluster.kubectl('delete', 'pod', 'filler', 'thrifty');
});

test('what is reserved for others is kept from pods, by the scheduler and by the kernel', async () => {
  const reserved = 'kubeReserved: { cpu: 100m, memory: 256Mi, pid: 50 }, systemReserved: { memory: 256Mi }';
  await restartWith(`agent: { ${reserved} }`);
  const amounts = async (): Promise<Record<string, number>> => {
    const { capacity = {}, allocatable = {} } = (await theNode()).status ?? {};
    const mebibytes = (text = '') => wholeAmountOf(parseResources({ memory: text }), 'memory') / 2 ** 20;
    return {
      memory: mebibytes(capacity['memory']) - mebibytes(allocatable['memory']),
      cpu: milliCpuOf(parseResources(capacity)) - milliCpuOf(parseResources(allocatable)),
    };
  };
  await until('the node tells what is left', async () =>
    (await amounts())['cpu'] === 100 ? true : undefined,
  );
  assert.deepEqual(await amounts(), { memory: 512 + 100, cpu: 100 });
  await cluster.apply(POD('bounded', '', 'command: [sleep, "3000"]'));
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/bounded', '--timeout=40s');
  const limit = (file: string) => {
    const [path = ''] = globSync(`/sys/fs/cgroup/{*/,}${cluster.cgroup}/${file}`);
    return Number(readFileSync(path, 'utf8'));
  };
  const memory = '{memory.limit_in_bytes,memory.max}';
  const capacity = wholeAmountOf(parseResources((await theNode()).status?.capacity), 'memory');
  const page = 4096;
  assert.equal(limit(memory), Math.floor((capacity - 512 * 2 ** 20) / page) * page);
  assert.equal(limit('pids.max'), Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')) - 50);
  await restartWith('');
  assert.ok(!(limit(memory) < capacity), 'what is reserved no more is lifted');
  await cluster.kubectl('delete', 'pod', 'bounded');
});

async function theNode(): Promise<Node> {
  return JSON.parse(await cluster.kubectl('get', 'node', node, '-o', 'json')) as Node;
}

function untilCondition(type: string, status: string): Promise<NodeCondition> {
  return until(
    `${type} is ${status}`,
    async () =>
      (await theNode()).status?.conditions?.find((one) => one.type === type && one.status === status),
    60_000,
  );
}

/** @param config of the server that comes in place of the present one */
async function restartWith(config: string): Promise<void> {
  const path = join(cluster.peapod.directory, 'config.yaml');
  await writeFile(path, config);
  await cluster.stop();
  await cluster.start('--config', path);
}
