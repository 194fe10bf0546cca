import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedWork } from './shared-work.ts';

const never = new AbortController().signal;

test('work that is under way is joined, and done anew afterwards', async () => {
  await using work = new SharedWork();
  let count = 0;
  const begin = async (): Promise<number> => {
    await Promise.resolve();
    return ++count;
  };
  const run = () => work.run('a', { signal: never, abandoned: 'goes on' }, begin);
  assert.deepEqual(await Promise.all([run(), run(), run()]), [1, 1, 1]);
  assert.equal(await run(), 2);
});

test('work goes on when its caller leaves, and the next one finds it', async () => {
  await using work = new SharedWork();
  const done = Promise.withResolvers<string>();
  let isAborted = false;
  const begin = (signal: AbortSignal): Promise<string> => {
    signal.addEventListener('abort', () => (isAborted = true));
    return done.promise;
  };
  const caller = new AbortController();
  const first = work.run('a', { signal: caller.signal, abandoned: 'goes on' }, begin);
  caller.abort();
  await assert.rejects(first, { name: 'AbortError' });
  const second = work.run('a', { signal: never, abandoned: 'goes on' }, () => Promise.resolve('anew'));
  done.resolve('first');
  assert.equal(await second, 'first');
  assert.equal(isAborted, false);
});

test('work that is to be aborted ends with the last who waits, and one who comes then gets it anew', async () => {
  await using work = new SharedWork();
  const begin = (signal: AbortSignal): Promise<string> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => setImmediate(() => reject(new Error('aborted'))));
    });
  const [one, two] = [new AbortController(), new AbortController()];
  const waiting = [one, two].map(({ signal }) => work.run('a', { signal, abandoned: 'is aborted' }, begin));
  one.abort();
  await assert.rejects(waiting[0]!, { name: 'AbortError' });
  two.abort();
  await assert.rejects(waiting[1]!, { name: 'AbortError' });
  const anew = work.run('a', { signal: never, abandoned: 'is aborted' }, () => Promise.resolve('anew'));
  assert.equal(await anew, 'anew');
});

test('disposing aborts all work and waits for its end', async () => {
  const work = new SharedWork();
  const steps: string[] = [];
  const run = work.run('a', { signal: never, abandoned: 'goes on' }, async (signal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    await new Promise(setImmediate);
    steps.push('undone');
    signal.throwIfAborted();
  });
  const failed = assert.rejects(run, { name: 'AbortError' });
  await Promise.resolve();
  await Promise.resolve();
  await work[Symbol.asyncDispose]();
  steps.push('disposed');
  await failed;
  assert.deepEqual(steps, ['undone', 'disposed']);
});
