/** What a node does not take, and whom it sends away: with kubectl against a real server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Node, Pod } from '../../src/model/api/types.ts';
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
  const config = join(cluster.peapod.directory, 'config.yaml');
  await writeFile(config, "agent: { evictionHard: { memory.available: '100%' } }\n");
  await cluster.stop();
  await cluster.start('--config', config);
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
  const describe = async (): Promise<Node> =>
    JSON.parse(await cluster.kubectl('get', 'node', node, '-o', 'json')) as Node;
  const pressure = await until('the node says so', async () => {
    const found = (await describe()).status?.conditions?.find(({ type }) => type === 'MemoryPressure');
    return found?.status === 'True' ? found : undefined;
  });
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
  await cluster.stop();
  await cluster.start();
  await until('the pressure is over', async () => {
    const found = (await describe()).status?.conditions?.find(({ type }) => type === 'MemoryPressure');
    return found?.status === 'False' ? true : undefined;
  });
});
