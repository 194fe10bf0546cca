import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { fakeImage } from '../../runtime/testing/fake-image.ts';
import { FakePodRuntime } from '../../runtime/testing/fake-pod-runtime.ts';
import { ImageCollector } from './collect-images.ts';

const { signal } = new AbortController();

function setUp(images: string[]) {
  const clock = new FakeClock();
  const runtime = new FakePodRuntime({ clock });
  for (const name of images) runtime.images.set(fakeImage(name).id, fakeImage(name));
  const messages: string[] = [];
  const room = { capacityBytes: 100_000, availableBytes: 15_000 };
  const collector = new ImageCollector({
    runtime,
    clock,
    readRoom: async () => room,
    log: ({ message }) => messages.push(message),
  });
  return { clock, runtime, messages, room, collector };
}

test('a full disk costs those images that were found long enough ago, as many as needed', async () => {
  const { clock, runtime, messages, collector } = setUp(['a', 'b', 'c']);
  await collector.collect(signal);
  assert.equal(runtime.images.size, 3, 'all were found just now');
  assert.match(messages.join(), /Attempted to free 5000 bytes, but only found 0 bytes eligible to free/);
  await clock.advance(120_000);
  await collector.collect(signal);
  assert.equal(runtime.images.size, 1, 'two of 4096 bytes are 5000');
  assert.equal(messages.length, 1);
});

test('a disk with room costs none', async () => {
  const { clock, runtime, messages, room, collector } = setUp(['a']);
  room.availableBytes = 16_000;
  await collector.collect(signal);
  await clock.advance(120_000);
  await collector.collect(signal);
  assert.equal(runtime.images.size, 1);
  assert.deepEqual(messages, []);
});

test('an image that cannot be removed is told, and does not keep the others', async () => {
  const { clock, runtime, messages, collector } = setUp(['a', 'b']);
  await collector.collect(signal);
  messages.length = 0;
  await clock.advance(120_000);
  const remove = runtime.removeImage.bind(runtime);
  runtime.removeImage = async (id) => {
    if (id === fakeImage('a').id) throw new Error('in use');
    await remove(id);
  };
  await collector.collect(signal);
  assert.deepEqual([...runtime.images.keys()], [fakeImage('a').id]);
  assert.equal(messages[0], `cannot remove image ${fakeImage('a').id}`);
});
