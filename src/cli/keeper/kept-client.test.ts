import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PodClient, PodEvent } from '../../client/pod-client.ts';
import type { Pod } from '../../model/api/types.ts';
import { keptClient } from './kept-client.ts';

function pod(uid: string): Pod {
  return { metadata: { uid, name: uid } };
}

/** Locks in memory, as several processes would share them. */
function sharedLocks() {
  const held = new Set<string>();
  return {
    held,
    tryKeep(uid: string): Disposable | undefined {
      if (held.has(uid)) return undefined;
      held.add(uid);
      return { [Symbol.dispose]: () => void held.delete(uid) };
    },
  };
}

function clientWith(events: PodEvent[]): PodClient {
  return {
    async *watchPods({ signal }: { signal: AbortSignal }) {
      yield* events;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  } as unknown as PodClient;
}

async function collect(client: PodClient, count: number): Promise<string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const { type, pod } of client.watchPods({ signal: stop.signal })) {
    seen.push(`${type} ${pod.metadata?.uid}`);
    if (seen.length === count) break;
  }
  stop.abort();
  return seen;
}

test('an agent sees the pods that it wants and that nobody else keeps', async () => {
  const locks = sharedLocks();
  locks.held.add('other');
  const client = clientWith(
    ['mine', 'other', 'unwanted', 'also'].map((uid) => ({ type: 'ADDED', pod: pod(uid) })),
  );
  using kept = keptClient({
    client,
    locks,
    wants: ({ metadata }) => metadata?.uid !== 'unwanted',
    retryMs: 1000,
  });
  assert.deepEqual(await collect(kept, 2), ['ADDED mine', 'ADDED also']);
  assert.deepEqual([...locks.held].sort(), ['also', 'mine', 'other']);
});

test('whoever ends takes no pod any more that comes at that moment', async () => {
  const locks = sharedLocks();
  const client = {
    async *watchPods({ signal }: { signal: AbortSignal }) {
      yield { type: 'ADDED', pod: pod('mine') };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield { type: 'ADDED', pod: pod('late') };
    },
  } as unknown as PodClient;
  using kept = keptClient({ client, locks, wants: () => true, retryMs: 1000 });
  const stop = new AbortController();
  const seen = [];
  for await (const { pod } of kept.watchPods({ signal: stop.signal })) {
    seen.push(pod.metadata?.uid);
    setTimeout(() => stop.abort(), 5);
  }
  assert.deepEqual(seen, ['mine']);
  assert.deepEqual([...locks.held], ['mine']);
});

test('a pod whose keeper is gone is taken over', async () => {
  const locks = sharedLocks();
  locks.held.add('a');
  setTimeout(() => locks.held.delete('a'), 20);
  using kept = keptClient({
    client: clientWith([{ type: 'ADDED', pod: pod('a') }]),
    locks,
    wants: () => true,
    retryMs: 5,
  });
  assert.deepEqual(await collect(kept, 1), ['ADDED a']);
});

test('the lock is given back when the pod is gone and when the agent ends', async () => {
  const locks = sharedLocks();
  const events: PodEvent[] = [
    { type: 'ADDED', pod: pod('a') },
    { type: 'ADDED', pod: pod('b') },
    { type: 'MODIFIED', pod: pod('a') },
    { type: 'DELETED', pod: pod('a') },
  ];
  {
    using kept = keptClient({ client: clientWith(events), locks, wants: () => true, retryMs: 1000 });
    assert.deepEqual(await collect(kept, 4), ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED a']);
    assert.deepEqual([...locks.held], ['b']);
  }
  assert.deepEqual([...locks.held], []);
});

test('the watch below is ended though it was just about to tell something', async () => {
  const stop = new AbortController();
  const told = Promise.withResolvers<void>();
  let ended = false;
  const client = {
    async *watchPods(): AsyncIterable<PodEvent> {
      try {
        yield { type: 'ADDED', pod: pod('a') };
        await told.promise;
        yield { type: 'DELETED', pod: pod('a') };
      } finally {
        ended = true;
      }
    },
  } as unknown as PodClient;
  using kept = keptClient({ client, locks: sharedLocks(), wants: () => true, retryMs: 1 });
  const watching = (async () => {
    for await (const _ of kept.watchPods({ signal: stop.signal })) stop.abort();
  })();
  await new Promise((resolve) => setTimeout(resolve, 5));
  told.resolve();
  await watching;
  assert.equal(ended, true);
});
