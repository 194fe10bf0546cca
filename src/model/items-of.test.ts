import assert from 'node:assert/strict';
import { test } from 'node:test';
import { itemsOf } from './items-of.ts';

async function* listsOf<T>(
  lists: readonly (readonly T[])[],
  onEnd = () => {},
): AsyncGenerator<readonly T[], void> {
  try {
    for (const list of lists) yield list;
  } finally {
    onEnd();
  }
}

test('items come in order, whoever asks for several at once too', async () => {
  assert.deepEqual(await Array.fromAsync(itemsOf(listsOf([[1, 2], [], [3]]))), [1, 2, 3]);
  const items = itemsOf(listsOf([[], [1, 2], [3]]));
  const asked = [items.next(), items.next(), items.next(), items.next(), items.next()];
  assert.deepEqual(
    (await Promise.all(asked)).map(({ value }) => value),
    [1, 2, 3, undefined, undefined],
  );
});

test('who leaves early ends the lists', async () => {
  let ended = 0;
  for await (const item of itemsOf(listsOf([[1, 2], [3]], () => (ended += 1)))) {
    assert.equal(item, 1);
    break;
  }
  assert.equal(ended, 1);
});

test('a list that fails fails the items, after those that came before', async () => {
  const items = itemsOf(
    (async function* () {
      yield [1];
      throw new Error('broken');
    })(),
  );
  assert.equal((await items.next()).value, 1);
  await assert.rejects(items.next(), /broken/);
  assert.deepEqual(await items.next(), { done: true, value: undefined });
});
