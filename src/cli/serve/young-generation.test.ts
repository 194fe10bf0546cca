import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics } from 'node:v8';
import { holdYoungGeneration, letYoungGenerationGrow } from './young-generation.ts';

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}

/** Makes as much as a start does, and keeps it. */
function keepMuch(kept: object[]): void {
  for (let count = 0; count < 500_000; count += 1) kept.push({ count });
}

test('the young generation is held at what it is, and grows when it may', () => {
  const kept: object[] = [];
  holdYoungGeneration();
  keepMuch(kept);
  const first = youngBytes();
  keepMuch(kept);
  // A page more or less of it is there at a time; free to grow, it would be ten times as large.
  assert.ok(youngBytes() <= 2 * first, `${first} bytes became ${youngBytes()}`);
  const held = Math.max(first, youngBytes());
  letYoungGenerationGrow();
  keepMuch(kept);
  // How far depends on what loading the test has made before.
  assert.ok(youngBytes() > held, `${held} bytes became ${youngBytes()}`);
  assert.equal(kept.length, 1_500_000);
});
