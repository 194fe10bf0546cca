import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_IMAGE_GC, imagesToRemove, type KnownImage } from './images-to-remove.ts';

const NOW = 1_000_000;

function image(id: string, lastUsed: number, more: Partial<KnownImage> = {}): KnownImage {
  return { id, sizeBytes: 40, pinned: false, firstDetected: 0, lastUsed, ...more };
}

const IMAGES = [image('new', 30), image('old', 10), image('middle', 20)];

function removed(images: readonly KnownImage[], availableBytes: number, inUse: string[] = []): string[] {
  const room = { capacityBytes: 1000, availableBytes };
  return imagesToRemove(images, new Set(inUse), room, DEFAULT_IMAGE_GC, NOW).remove.map(({ id }) => id);
}

test('nothing is removed below the high threshold', () => {
  assert.deepEqual(removed(IMAGES, 160), []);
});

test('at the high threshold those unused for longest go, until the low one is met', () => {
  assert.deepEqual(removed(IMAGES, 150), ['old', 'middle']);
  assert.deepEqual(removed(IMAGES, 100), ['old', 'middle', 'new']);
});

test('images in use, pinned ones and those that just came stay', () => {
  const fresh = image('fresh', 0, { firstDetected: NOW - 119_999 });
  const aged = image('aged', 0, { firstDetected: NOW - 120_000 });
  const images = [...IMAGES, image('pinned', 0, { pinned: true }), fresh, aged];
  assert.deepEqual(removed(images, 0, ['old', 'middle']), ['aged', 'new']);
});

test('of images that were never used the one that came first goes first', () => {
  const images = [image('b', 0, { firstDetected: 2 }), image('a', 0, { firstDetected: 1 })];
  assert.deepEqual(removed(images, 0), ['a', 'b']);
});

test('what is wanted is told though there is not enough to remove', () => {
  const room = { capacityBytes: 1000, availableBytes: 50 };
  const plan = imagesToRemove([], new Set(), room, DEFAULT_IMAGE_GC, NOW);
  assert.deepEqual(plan, { remove: [], wantedBytes: 150 });
});
