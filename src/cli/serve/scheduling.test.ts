/** The scheduler at work on an API server of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestApi } from '../../apiserver/testing/start-api.ts';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { NODES, POD_GROUPS, PODS, PRIORITY_CLASSES } from '../../client/resource-types.ts';
import type { Pod } from '../../model/api/types.ts';
import { apiClusterClient } from '../../scheduler/driver/api-cluster-client.ts';
import { runScheduler } from '../../scheduler/driver/scheduler.ts';

const CLOCK = {
  now: () => Date.now(),
  sleep: (delayMs: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

interface Cluster extends AsyncDisposable {
  readonly api: TestApi;
  /** The pods that the scheduler has told of before it placed them. */
  readonly foretold: ReadonlySet<string>;
  /** Where each pod is, by name; those that wait are nowhere. */
  places(): Promise<Map<string, string>>;
  until(what: string, holds: () => Promise<boolean>): Promise<void>;
}

async function startCluster(nodes: readonly string[]): Promise<Cluster> {
  const api = await startApi();
  const stop = new AbortController();
  const problems: unknown[] = [];
  const options = { client: api.client, clock: CLOCK, random: () => 0.5 };
  const client = apiClusterClient({ ...options, onError: (error) => problems.push(error) });
  for (const name of nodes) {
    await api.client.create(NODES, { metadata: { name } });
    const allocatable = { cpu: '4', memory: '8Gi', pods: '110' };
    await api.client.patch(
      NODES,
      '',
      name,
      'merge',
      { status: { allocatable, capacity: allocatable } },
      { subresource: 'status' },
    );
    const taints = { spec: { taints: null } };
    await api.client.patch(NODES, '', name, 'merge', taints);
  }
  const foretold = new Set<string>();
  const log = (...args: unknown[]) => problems.push(args);
  const onWaiting = ({ metadata, spec }: Pod) => {
    assert.equal(spec?.nodeName, undefined);
    foretold.add(metadata?.name ?? '');
  };
  const ended = runScheduler({ client, clock: CLOCK, log, onWaiting }, stop.signal);
  const places = async () => {
    const { items } = await api.client.list(PODS, { namespace: 'default' });
    return new Map(
      items.flatMap(({ metadata, spec }): [string, string][] =>
        spec?.nodeName === undefined ? [] : [[metadata?.name ?? '', spec.nodeName]],
      ),
    );
  };
  return {
    api,
    foretold,
    places,
    until: async (what, holds) => {
      for (let tries = 0; tries < 200; tries += 1) {
        if (await holds()) return;
        await CLOCK.sleep(25);
      }
      assert.fail(`${what}: ${JSON.stringify([...(await places())])} ${JSON.stringify(problems)}`);
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended;
      await api[Symbol.asyncDispose]();
      assert.deepEqual(problems, []);
    },
  };
}

function pod(name: string, cpu: string, more: Partial<NonNullable<Pod['spec']>> = {}): Pod {
  const containers = [{ name: 'c', image: 'x:1', resources: { requests: { cpu } } }];
  return { metadata: { name, namespace: 'default' }, spec: { containers, ...more } };
}

const GROUP = (minCount: number, more: object = {}) => ({
  apiVersion: 'scheduling.k8s.io/v1alpha2',
  kind: 'PodGroup',
  metadata: { name: 'g', namespace: 'default' },
  spec: { schedulingPolicy: { gang: { minCount } }, ...more },
});
const MEMBER = { schedulingGroup: { podGroupName: 'g' } };

test('a gang gets its nodes together, and none before there is room for all that it needs', async () => {
  await using cluster = await startCluster(['n1', 'n2']);
  const { client } = cluster.api;
  await client.create(PODS, pod('filler', '3'));
  await cluster.until('the filler is placed', async () => (await cluster.places()).has('filler'));
  await client.create(POD_GROUPS, GROUP(3));
  for (const name of ['a', 'b', 'c']) await client.create(PODS, pod(name, '2', MEMBER));
  await cluster.until('it is said why they wait', async () => {
    const { status } = await client.get(PODS, 'default', 'a');
    return (
      status?.conditions?.some(({ message = '' }) => message.includes('3 pods needed together')) === true
    );
  });
  assert.deepEqual([...(await cluster.places()).keys()], ['filler']);
  await client.delete(PODS, 'default', 'filler', { gracePeriodSeconds: 0 });
  await cluster.until('all are placed', async () => (await cluster.places()).size === 3);
  assert.deepEqual([...cluster.foretold], ['filler', 'a', 'b', 'c']);
});

test('pods of a gang whose group is not there wait for it', async () => {
  await using cluster = await startCluster(['n1']);
  const { client } = cluster.api;
  for (const name of ['a', 'b']) await client.create(PODS, pod(name, '1', MEMBER));
  await cluster.until('it is said what they wait for', async () => {
    const { status } = await client.get(PODS, 'default', 'b');
    return status?.conditions?.some(({ message = '' }) => message.includes('PodGroup default/g')) === true;
  });
  await client.create(POD_GROUPS, GROUP(2));
  await cluster.until('all are placed', async () => (await cluster.places()).size === 2);
});

test('a gang of higher priority makes others go, no more than it needs', async () => {
  await using cluster = await startCluster(['n1', 'n2']);
  const { client } = cluster.api;
  for (const name of ['low1', 'low2', 'low3', 'low4'])
    await client.create(PODS, pod(name, '2', { terminationGracePeriodSeconds: 0 }));
  await cluster.until('the others are placed', async () => (await cluster.places()).size === 4);
  await client.create(PRIORITY_CLASSES, { metadata: { name: 'high' }, value: 1000 });
  await client.create(POD_GROUPS, GROUP(2, { priorityClassName: 'high' }));
  const high = { ...MEMBER, priorityClassName: 'high' };
  for (const name of ['a', 'b']) await client.create(PODS, pod(name, '2', high));
  await cluster.until('the gang is placed', async () => {
    const places = await cluster.places();
    return places.has('a') && places.has('b');
  });
  const left = [...(await cluster.places()).keys()].filter((name) => name.startsWith('low'));
  assert.equal(left.length, 2);
});
