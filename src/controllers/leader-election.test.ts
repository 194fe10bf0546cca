import assert from 'node:assert/strict';
import test from 'node:test';
import { startApi } from '../apiserver/testing/start-api.ts';
import { ApiClient } from '../client/api-client.ts';
import { LEASES, NAMESPACES } from '../client/resource-types.ts';
import type { Transport } from '../client/transport.ts';
import { PeapodError } from '../model/errors.ts';
import { FakeClock } from '../model/testing/fake-clock.ts';
import { runAsLeader } from './leader-election.ts';

const LEASE = { namespace: 'default', name: 'work' };

interface Candidate extends AsyncDisposable {
  readonly leads: () => boolean;
  /** What it has asked of the server. */
  readonly requests: string[];
  /** From now on it cannot reach the server. */
  cutOff(): void;
  /** Dies without letting go. */
  kill(): Promise<void>;
}

async function contest() {
  const clock = new FakeClock();
  const api = await startApi(undefined, clock);
  await api.client.create(NAMESPACES, { metadata: { name: 'default' } }).catch(() => {});
  let most = 0;
  let leading = 0;
  const candidate = (identity: string): Candidate => {
    let isCut = false;
    const stop = new AbortController();
    const requests: string[] = [];
    const transport: Transport = {
      send: (request) => {
        if (isCut) throw new PeapodError('Unavailable', 'cut off');
        requests.push(request.method);
        return api.transport.send(request);
      },
      [Symbol.asyncDispose]: async () => {},
    };
    let leads = false;
    const client = new ApiClient({ transport, name: identity });
    const election = { client, clock, random: () => 0.5, lease: LEASE, identity, onError: () => {} };
    const work = (signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        leads = true;
        leading += 1;
        most = Math.max(most, leading);
        signal.addEventListener('abort', () => {
          leads = false;
          leading -= 1;
          resolve();
        });
      });
    const ended = runAsLeader(election, work, stop.signal);
    const dispose = async () => {
      stop.abort();
      await ended;
    };
    return {
      leads: () => leads,
      requests,
      cutOff: () => {
        isCut = true;
      },
      kill: async () => {
        isCut = true;
        await dispose();
      },
      [Symbol.asyncDispose]: dispose,
    };
  };
  const lease = async () => (await api.client.get(LEASES, LEASE.namespace, LEASE.name)).spec;
  return {
    clock,
    candidate,
    lease,
    label: () =>
      api.client.patch(LEASES, LEASE.namespace, LEASE.name, 'merge', { metadata: { labels: { a: 'b' } } }),
    remove: () => api.client.delete(LEASES, LEASE.namespace, LEASE.name),
    most: () => most,
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

test('one of two leads, and the other takes over at once when it is stopped', async () => {
  await using run = await contest();
  const first = run.candidate('first');
  await run.clock.advance(100);
  await using second = run.candidate('second');
  await run.clock.advance(100_000);
  assert.deepEqual([first.leads(), second.leads()], [true, false]);
  assert.deepEqual(
    [(await run.lease())?.holderIdentity, (await run.lease())?.leaseTransitions],
    ['first', 0],
  );
  await first[Symbol.asyncDispose]();
  assert.equal((await run.lease())?.holderIdentity, '');
  await run.clock.advance(5000);
  assert.equal(second.leads(), true);
  assert.equal((await run.lease())?.leaseTransitions, 1);
  assert.equal(run.most(), 1);
});

test('who dies is followed when the lease has run out, and not before', async () => {
  await using run = await contest();
  const first = run.candidate('first');
  await run.clock.advance(100);
  await using second = run.candidate('second');
  await run.clock.advance(10_000);
  await first.kill();
  await run.clock.advance(24_000);
  assert.equal(second.leads(), false);
  await run.clock.advance(20_000);
  assert.equal(second.leads(), true);
});

test('who cannot renew stops before anybody else may begin, and comes back when it can', async () => {
  await using run = await contest();
  await using first = run.candidate('first');
  await run.clock.advance(100);
  await using second = run.candidate('second');
  await run.clock.advance(10_000);
  first.cutOff();
  await run.clock.advance(100_000);
  assert.deepEqual([first.leads(), second.leads(), run.most()], [false, true, 1]);
});

test('to keep a lease takes one write every ten seconds, also after somebody has changed or removed it', async () => {
  await using run = await contest();
  await using first = run.candidate('first');
  const requestsAfter = async (ms: number, expected: string) => {
    await run.clock.advance(ms);
    for (let looks = 0; looks < 200 && first.requests.join(' ') !== expected; looks += 1)
      await run.clock.settle();
    assert.equal(first.requests.splice(0).join(' '), expected);
  };
  await requestsAfter(100, 'GET POST');
  for (let times = 0; times < 4; times += 1) await requestsAfter(10_000, 'PUT');
  await run.label();
  await requestsAfter(10_000, 'PUT GET PUT');
  await requestsAfter(10_000, 'PUT');
  await run.remove();
  await run.clock.advance(20_000);
  assert.deepEqual([first.leads(), (await run.lease())?.holderIdentity], [true, 'first']);
});

test('who comes back under its own name goes on at once', async () => {
  await using run = await contest();
  await run.candidate('first').kill();
  const first = run.candidate('first');
  await run.clock.advance(100);
  await first.kill();
  await using again = run.candidate('first');
  await run.clock.advance(100);
  assert.equal(again.leads(), true);
});
