/** Nodes of `peapod serve` that fall silent: one that has no agent, beside the real one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { imageReference } from './support/images.ts';
import { type KubectlServer, startKubectlServer } from './support/kubectl-server.ts';

const IMAGE = imageReference('busybox');
const GRACE = '15s';

let server: KubectlServer;
let own: string;
const kubectl = (...args: string[]) => server.kubectl(...args);

before(async () => {
  const controllers = { nodeMonitorPeriod: '1s', nodeMonitorGracePeriod: GRACE };
  server = await startKubectlServer({ controllers });
  own = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
});
after(async () => {
  await kubectl('delete', 'pods', '-l', 'on=ghost', '--force', '--grace-period=0');
  await server[Symbol.asyncDispose]();
});

function podOn(node: string, name: string, spec: object = {}): object {
  const container = { name: 'c', image: IMAGE, imagePullPolicy: 'Never', command: ['sleep', '1000'] };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { on: node === own ? 'own' : 'ghost' } },
    spec: { nodeName: node, terminationGracePeriodSeconds: 1, containers: [container], ...spec },
  };
}

async function isLeaving(pod: string): Promise<boolean> {
  return (await kubectl('get', 'pod', pod, '-o', 'jsonpath={.metadata.deletionTimestamp}')) !== '';
}

test('a node that falls silent is told of, tainted and emptied; the other one is left alone', async () => {
  await server.apply([
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'ghost' } },
    podOn('ghost', 'brief', {
      tolerations: [
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 1,
        },
      ],
    }),
    podOn('ghost', 'patient'),
    podOn(own, 'lively'),
  ]);
  const heartbeat = new Date().toISOString().replace(/\.\d+/, '');
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: heartbeat };
  const status = JSON.stringify({ status: { conditions: [ready] } });
  await kubectl('patch', 'node', 'ghost', '--subresource=status', '-p', status);
  const running = JSON.stringify({
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
  await kubectl('patch', 'pod', 'patient', '--subresource=status', '-p', running);
  await kubectl('wait', '--for=condition=Ready', 'node/ghost', 'pod/patient', 'pod/lively', '--timeout=40s');

  await kubectl('wait', '--for=condition=Ready=Unknown', 'node/ghost', '--timeout=40s');
  assert.match(await kubectl('get', 'node', 'ghost'), /^ghost +NotReady/m);
  await kubectl('wait', '--for=condition=Ready=False', 'pod/patient', '--timeout=20s');
  await kubectl('wait', '--for=jsonpath={.metadata.deletionTimestamp}', 'pod/brief', '--timeout=40s');
  const description = await kubectl('describe', 'node', 'ghost');
  assert.match(description, /Ready +Unknown .* NodeStatusUnknown +Kubelet stopped posting node status\./);
  assert.match(description, /node\.kubernetes\.io\/unreachable:NoExecute/);
  assert.match(description, /NodeNotReady .* Node ghost status is now: NodeNotReady/);
  const reason = '{.status.conditions[?(@.type=="DisruptionTarget")].reason}';
  assert.equal(await kubectl('get', 'pod', 'brief', '-o', `jsonpath=${reason}`), 'DeletionByTaintManager');
  assert.equal(await isLeaving('patient'), false, 'for the 300 seconds that every pod bears it');
  assert.match(await kubectl('get', 'node', own), / Ready +/);
  await kubectl('wait', '--for=condition=Ready', 'pod/lively', '--timeout=10s');
});

test('a taint by hand sends real pods away, and the scheduler sends none there', async () => {
  await kubectl('taint', 'node', own, 'test/gone=yes:NoExecute');
  await kubectl('wait', '--for=delete', 'pod/lively', '--timeout=40s');
  await kubectl('run', 'waits', `--image=${IMAGE}`, '--image-pull-policy=Never', '--', 'sleep', '1000');
  await kubectl('wait', '--for=condition=PodScheduled=false', 'pod/waits', '--timeout=20s');
  assert.match(await kubectl('describe', 'pod', 'waits'), /untolerated taint/);
  await kubectl('taint', 'node', own, 'test/gone-');
  await kubectl('wait', '--for=condition=Ready', 'pod/waits', '--timeout=40s');
});
