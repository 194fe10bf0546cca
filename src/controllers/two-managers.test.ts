import assert from 'node:assert/strict';
import test from 'node:test';
import { startApi } from '../apiserver/testing/start-api.ts';
import { ApiClient } from '../client/api-client.ts';
import { LEASES, NAMESPACES, PODS, REPLICA_SETS, SERVICE_ACCOUNTS } from '../client/resource-types.ts';
import { SharedInformers } from '../client/shared-informers.ts';
import type { Transport } from '../client/transport.ts';
import { PeapodError } from '../model/errors.ts';
import { FakeClock } from '../model/testing/fake-clock.ts';
import { allControllers } from './all-controllers.ts';
import { runAsLeader } from './leader-election.ts';

const LEASE = { namespace: 'kube-system', name: 'kube-controller-manager' };
const MOST_ROUNDS = 3000;

/** All controllers as a server runs them, over a connection that can be cut: with the connection the process is dead, as far as others can tell. */
function manager(identity: string, served: Transport, clock: FakeClock) {
  let isDead = false;
  let writes = 0;
  const stop = new AbortController();
  const transport: Transport = {
    send: (request) => {
      if (isDead) throw new PeapodError('Unavailable', 'dead');
      if (request.method !== 'GET' && !request.path.includes('/leases')) writes += 1;
      return served.send(request);
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const client = new ApiClient({ transport, name: identity });
  const quiet = { client, clock, random: () => 0.5, log: () => {}, onError: () => {} };
  const ended = runAsLeader(
    { ...quiet, lease: LEASE, identity },
    async (signal) => {
      const deps = { ...quiet, informers: new SharedInformers({ ...quiet, signal }) };
      await Promise.all(allControllers().map((controller) => controller(deps, signal)));
    },
    stop.signal,
  );
  return {
    writes: () => writes,
    die: () => {
      isDead = true;
    },
    [Symbol.asyncDispose]: async () => {
      isDead = true;
      stop.abort();
      await ended;
    },
  };
}

test('where the controllers of one server die, those of another on the same API go on with their work once the lease has run out', async () => {
  const clock = new FakeClock();
  await using api = await startApi(undefined, clock);
  const { client } = api;
  for (const name of ['default', 'kube-system'])
    await client.create(NAMESPACES, { metadata: { name } }).catch(() => {});
  await client
    .create(SERVICE_ACCOUNTS, { metadata: { name: 'default', namespace: 'default' } })
    .catch(() => {});
  const replicas = async () => (await client.list(PODS, { namespace: 'default' })).items.length;
  const until = async (wanted: number) => {
    let present = await replicas();
    for (let round = 0; round < MOST_ROUNDS && present !== wanted; round += 1) {
      await clock.settle();
      if (round % 20 === 19) await clock.advance(10);
      present = await replicas();
    }
    assert.equal(present, wanted);
  };
  await using first = manager('first', api.transport, clock);
  await clock.advance(100);
  await using second = manager('second', api.transport, clock);
  const labels = { app: 'web' };
  await client.create(REPLICA_SETS, {
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
  await until(2);
  assert.ok(first.writes() > 0);
  assert.equal(second.writes(), 0, 'only the leader works');
  first.die();
  await client.patch(REPLICA_SETS, 'default', 'web', 'merge', { spec: { replicas: 5 } });
  await clock.advance(15_000);
  assert.equal(await replicas(), 2, 'the lease of the dead one has not run out');
  assert.equal(second.writes(), 0);
  await clock.advance(25_000);
  await until(5);
  const lease = await client.get(LEASES, LEASE.namespace, LEASE.name);
  assert.equal(lease.spec?.holderIdentity, 'second');
  assert.equal(lease.spec?.leaseTransitions, 1);
});
