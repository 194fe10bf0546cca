import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { type LogOptions, readLog } from './log-reader.ts';

let directory = '';
let path = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'peapod-log-'));
  path = join(directory, 'pod', '0.log');
  mkdirSync(join(directory, 'pod'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function line(second: number, text: string, tag = 'F', stream = 'stdout'): string {
  return `${new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString().replace('Z', '000000Z')} ${stream} ${tag} ${text}\n`;
}

async function read(options?: LogOptions): Promise<string> {
  let text = '';
  for await (const entry of readLog(directory, path, options)) text += entry.text.toString();
  return text;
}

test('pieces of a line come joined, each stream by itself', async () => {
  writeFileSync(
    path,
    line(0, 'a', 'P') + line(0, 'err', 'F', 'stderr') + line(1, 'b', 'P') + line(2, 'c') + line(3, 'd'),
  );
  const entries = await Array.fromAsync(readLog(directory, path));
  assert.deepEqual(
    entries.map(({ stream, text }) => [stream, text.toString()]),
    [
      ['stderr', 'err\n'],
      ['stdout', 'abc\n'],
      ['stdout', 'd\n'],
    ],
  );
});

test('a last line without an end is shown without a newline', async () => {
  writeFileSync(path, line(0, 'a') + line(1, 'prompt> ', 'P'));
  assert.equal(await read(), 'a\nprompt> ');
});

test('an endless line is shown in pieces that say so', async () => {
  const piece = 'x'.repeat(8192);
  writeFileSync(path, Array.from({ length: 40 }, (_, i) => line(i, piece, 'P')).join('') + line(50, 'end'));
  const entries = await Array.fromAsync(readLog(directory, path));
  assert.deepEqual(
    entries.map((entry) => entry.continued),
    [false, true],
  );
  assert.equal(Buffer.concat(entries.map((entry) => entry.text)).length, 40 * 8192 + 4);
});

test('tail shows the last lines, whatever their number and length', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 1, max: 3 })), {
        maxLength: 30,
      }),
      fc.integer({ min: 0, max: 35 }),
      async (shape, tailLines) => {
        const lines = shape.map(([length, pieces], i) => ({
          text: `${i}:${'y'.repeat(length)}`.repeat(pieces),
          log: Array.from({ length: pieces }, (_, p) =>
            line(i, `${i}:${'y'.repeat(length)}`, p === pieces - 1 ? 'F' : 'P'),
          ).join(''),
        }));
        writeFileSync(path, lines.map(({ log }) => log).join(''));
        const expected = tailLines === 0 ? [] : lines.slice(-tailLines);
        assert.equal(await read({ tailLines }), expected.map(({ text }) => `${text}\n`).join(''));
      },
    ),
    { numRuns: 60 },
  );
});

test('tail counts a line that has no end yet', async () => {
  writeFileSync(path, line(0, 'a') + line(1, 'b') + line(2, 'open', 'P'));
  assert.equal(await read({ tailLines: 2 }), 'b\nopen');
});

test('since, stream and byte limits choose', async () => {
  writeFileSync(path, line(0, 'old') + line(10, 'new') + line(11, 'err', 'F', 'stderr'));
  assert.equal(await read({ sinceMs: Date.UTC(2026, 0, 1, 0, 0, 10) }), 'new\nerr\n');
  assert.equal(await read({ stream: 'stderr' }), 'err\n');
  assert.equal(await read({ limitBytes: 6 }), 'old\nne');
});

test('lines that are not in the CRI form are passed over', async () => {
  writeFileSync(path, `garbage\n\n${line(0, 'a')}2026 stdin F x\n`);
  assert.equal(await read(), 'a\n');
});

test('a log that is not there has nothing in it', async () => {
  assert.equal(await read(), '');
});

test('following shows what comes, through a rotation, until the container has ended', async () => {
  let ended = false;
  const reading = read({ follow: true, hasEnded: async () => ended });
  await sleep(20);
  writeFileSync(path, line(0, '1'));
  await sleep(20);
  renameSync(path, `${path}.old`);
  appendFileSync(`${path}.old`, line(1, '2'));
  writeFileSync(path, line(2, '3'));
  await sleep(20);
  ended = true;
  appendFileSync(path, line(3, '4'));
  assert.equal(await reading, '1\n2\n3\n4\n');
});

test('an abort ends following without an error', async () => {
  writeFileSync(path, line(0, '1'));
  assert.equal(await read({ follow: true, signal: AbortSignal.timeout(50) }), '1\n');
});

test('a symlinked log, and one in a symlinked folder, is refused', async () => {
  writeFileSync(join(directory, 'secret'), line(0, 'secret'));
  symlinkSync('../secret', path);
  await assert.rejects(read(), { code: 'Forbidden' });
  const outside = mkdtempSync(join(tmpdir(), 'peapod-log-'));
  writeFileSync(join(outside, '0.log'), line(0, 'secret'));
  symlinkSync(outside, join(directory, 'link'));
  await assert.rejects(Array.fromAsync(readLog(directory, join(directory, 'link', '0.log'))), {
    code: 'Forbidden',
  });
  rmSync(outside, { recursive: true });
});

test('a path out of the log directory is refused', async () => {
  await assert.rejects(Array.fromAsync(readLog(join(directory, 'pod'), join(directory, 'secret'))), {
    code: 'Forbidden',
  });
});
