import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../client/api-error.ts';
import { NODES, PODS } from '../../client/resource-types.ts';
import type { Pod, Volume } from '../../model/api/types.ts';
import { startApi } from '../testing/start-api.ts';

const USER = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return '';
  } catch (error) {
    if (error instanceof ApiError && error.status.reason === 'Forbidden') return error.message;
    throw error;
  }
}

function mirror(name: string, spec: Partial<Pod['spec']> = {}): Pod {
  const metadata = { name, namespace: 'default', annotations: { 'kubernetes.io/config.mirror': 'x' } };
  const containers = [{ name: 'c', image: 'x' }];
  return { metadata, spec: { nodeName: 'n1', containers, ...spec } };
}

test('a node cannot make a pod that shows it what is not its own', async () => {
  await using api = await startApi();
  const node = api.clientOf(USER);
  const create = (pod: Pod) => refusal(node.create(PODS, pod));
  const volume = (one: Omit<Volume, 'name'>) => ({ volumes: [{ name: 'v', ...one }] });
  const cases: [Pod, RegExp][] = [
    [{ ...mirror('a'), metadata: { name: 'a', namespace: 'default' } }, /can only create mirror pods/],
    [mirror('b', { nodeName: 'n2' }), /can only create pods with spec.nodeName set to itself/],
    [mirror('c', volume({ secret: { secretName: 's' } })), /reference secrets/],
    [mirror('d', volume({ configMap: { name: 's' } })), /reference configmaps/],
    [mirror('e', volume({ persistentVolumeClaim: { claimName: 's' } })), /reference persistentvolumeclaims/],
    [mirror('f', { imagePullSecrets: [{ name: 's' }] }), /reference secrets/],
    [
      mirror('g', volume({ projected: { sources: [{ serviceAccountToken: { path: 't' } }] } })),
      /reference service account tokens/,
    ],
    [mirror('h', { serviceAccountName: 'default' }), /reference a service account/],
  ];
  for (const [pod, expected] of cases) assert.match(await create(pod), expected);
  assert.deepEqual((await api.client.list(PODS)).items, []);
  const made = await node.create(PODS, mirror('own'));
  assert.deepEqual([made.spec?.serviceAccountName, made.spec?.volumes], [undefined, undefined]);
  assert.deepEqual(api.bugs, []);
});

test('a node makes and changes itself, but neither its taints nor labels that are kept from it', async () => {
  await using api = await startApi();
  const node = api.clientOf(USER);
  assert.match(
    await refusal(node.create(NODES, { metadata: { name: 'n2' } })),
    /node "n1" is not allowed to modify node "n2"/,
  );
  await node.create(NODES, { metadata: { name: 'n1', labels: { disk: 'ssd' } } });
  const patch = (body: object) => refusal(node.patch(NODES, '', 'n1', 'merge', body));
  assert.equal(await patch({ metadata: { labels: { disk: 'hdd' } } }), '');
  assert.match(
    await patch({ metadata: { labels: { 'node-restriction.kubernetes.io/trusted': 'yes' } } }),
    /is not allowed to modify labels: node-restriction.kubernetes.io\/trusted/,
  );
  await api.client.patch(NODES, '', 'n1', 'merge', { spec: { taints: [{ key: 'k', effect: 'NoExecute' }] } });
  assert.match(await patch({ spec: { taints: null } }), /is not allowed to modify taints/);
  assert.equal((await api.client.get(NODES, '', 'n1')).spec?.taints?.length, 1);
});
