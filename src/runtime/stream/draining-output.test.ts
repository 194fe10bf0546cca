import assert from 'node:assert/strict';
import { closeSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate as immediate, setTimeout as delay } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { makePipe } from '../linux/pipe.ts';
import { DrainingOutput } from './draining-output.ts';

function open(): { output: DrainingOutput; writeEnd: number } {
  const { read, write } = makePipe();
  return {
    output: new DrainingOutput(new Socket({ fd: read, readable: true, writable: false })),
    writeEnd: write,
  };
}

/** As a machine that has too much to do lets us stand still. */
function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('it ends with its process, though another one holds the pipe', async () => {
  const { output, writeEnd } = open();
  const said = text(output.stream);
  writeSync(writeEnd, 'all of it');
  await delay(10);
  output.finish();
  assert.equal(await said, 'all of it');
  closeSync(writeEnd);
});

test('what came while we stood still is read', async () => {
  for (let round = 0; round < 5; round++) {
    const { output, writeEnd } = open();
    const said = text(output.stream);
    // After this come timers, and only then what is to be read.
    await immediate();
    output.finish();
    writeSync(writeEnd, 'late');
    closeSync(writeEnd);
    standStill(300);
    assert.equal(await said, 'late');
  }
});
