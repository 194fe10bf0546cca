import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../model/testing/fake-clock.ts';
import { humanSize } from './human-size.ts';
import { LiveBlock } from './live-block.ts';
import { parseOutputFormat, printList } from './print-list.ts';
import { redraw } from './redraw.ts';
import { heading } from './heading.ts';
import { RowStream } from './row-stream.ts';
import { colouredStatus } from './status-colour.ts';
import { renderTable } from './table.ts';
import { displayWidth, printable, type Terminal, terminalOf } from './terminal.ts';

function recorder(columns = 80, { isTty = true, rows = 24 } = {}): Terminal & { text: string } {
  return {
    isTty,
    rows,
    colors: false,
    columns,
    text: '',
    write(text) {
      this.text += text;
    },
    style: (_, text) => text,
  };
}

test('table columns are as wide as their widest cell, styles not counted', () => {
  const columns = [
    { heading: 'NAME', value: (row: string[]) => row[0] ?? '' },
    { heading: 'STATUS', value: (row: string[]) => row[1] ?? '' },
    { heading: 'IP', value: () => '10.0.0.1', wide: true },
  ];
  const rows = [
    ['a', '\u001B[32mRunning\u001B[39m'],
    ['long-name', 'Pending'],
  ];
  assert.equal(
    renderTable(columns, rows),
    'NAME        STATUS\na           \u001B[32mRunning\u001B[39m\nlong-name   Pending\n',
  );
  assert.match(renderTable(columns, rows, { wide: true }), /STATUS {4}IP\n/);
});

test('colours are for terminals, unless NO_COLOR or FORCE_COLOR says otherwise', () => {
  const tty = { isTTY: true } as NodeJS.WriteStream;
  assert.equal(terminalOf(tty, {}).style('red', 'x'), '\u001B[31mx\u001B[39m');
  assert.equal(terminalOf(tty, { NO_COLOR: '1' }).style('red', 'x'), 'x');
  assert.equal(terminalOf(tty, { TERM: 'dumb' }).isTty, false);
  const pipe = { isTTY: false } as NodeJS.WriteStream;
  assert.equal(terminalOf(pipe, {}).style('red', 'x'), 'x');
  assert.equal(terminalOf(pipe, { FORCE_COLOR: '1' }).colors, true);
});

test('control characters from outside are shown and not obeyed', () => {
  assert.equal(printable('a\u001B]0;title\u0007b\tc'), 'a^[]0;title^Gb\tc');
  assert.equal(displayWidth('\u001B[1mab\u001B[22m'), 2);
});

test('each output format shows the same list', async () => {
  const printer = {
    columns: [{ heading: 'NAME', value: (x: string) => x }],
    name: (x: string) => `pod/${x}`,
    object: (x: string) => ({ x }),
  };
  const show = async (format: string | undefined) => {
    const out = recorder();
    await printList(out, parseOutputFormat(format), printer, ['a']);
    return out.text;
  };
  assert.equal(await show(undefined), 'NAME\na\n');
  assert.equal(await show('name'), 'pod/a\n');
  assert.deepEqual(JSON.parse(await show('json')), { apiVersion: 'v1', kind: 'List', items: [{ x: 'a' }] });
  assert.equal(await show('yaml'), 'apiVersion: v1\nkind: List\nitems:\n  - x: a\n');
  await assert.rejects(show('xml'), { code: 'Invalid' });
});

test('a live block takes back what it drew and never wraps', () => {
  const out = recorder(6);
  const block = new LiveBlock(out);
  block.draw(['one', 'too long']);
  block.draw(['two']);
  block.clear();
  assert.equal(out.text, 'one\ntoo …\n\u001B[2A\u001B[0Jtwo\n\u001B[1A\u001B[0J');
});

test('sizes have three digits at most', () => {
  assert.deepEqual([0, 999, 4214567, 1e9].map(humanSize), ['0B', '999B', '4.21MB', '1GB']);
});

test('what is taller than the terminal is cut, so that it can be drawn in place', () => {
  const out = recorder(80, { rows: 4 });
  const block = new LiveBlock(out);
  block.draw(['a', 'b', 'c', 'd', 'e']);
  block.draw(['f']);
  assert.equal(out.text, 'a\nb\n… 3 more\n\u001B[3A\u001B[0Jf\n');
});

test('what is read again and again is drawn in place on a terminal, and is plain lists elsewhere', async () => {
  for (const [isTty, expected] of [
    [true, 'look 1\n\u001B[1A\u001B[0Jlook 2\n'],
    [false, 'look 1\n\nlook 2\n'],
  ] as const) {
    const out = recorder(80, { isTty });
    const clock = new FakeClock();
    const stop = new AbortController();
    let looks = 0;
    const read = () => Promise.resolve([`look ${++looks}`]);
    const ended = redraw(out, read, { everyMs: 1000, clock, signal: stop.signal });
    await clock.advance(1500);
    stop.abort();
    await ended;
    assert.equal(out.text, expected);
  }
});

test("a table's heading is bold on a terminal, and its columns stay aligned", () => {
  const painter = terminalOf({ isTTY: true } as NodeJS.WriteStream, {});
  const lines = new RowStream(recorder()).lines([heading(painter, ['NAME', 'CPU']), ['a-long-name', '1m']]);
  assert.deepEqual(lines, ['\u001B[1mNAME\u001B[22m          \u001B[1mCPU\u001B[22m', 'a-long-name   1m']);
  const columns = [{ heading: 'NAME', value: (row: string) => row }];
  assert.equal(renderTable(columns, ['a'], { painter }), '\u001B[1mNAME\u001B[22m\na\n');
  assert.deepEqual(heading(recorder(), ['NAME']), ['NAME']);
});

test('a status is coloured by whether it is good, on its way, or bad', () => {
  const marking = { style: (style: string, text: string) => `${style} ${text}` };
  for (const [status, style] of [
    ['Running', 'green'],
    ['Completed', 'dim'],
    ['Init:0/1', 'yellow'],
    ['Waiting', 'yellow'],
    ['CrashLoopBackOff', 'red'],
    ['Init:Error', 'red'],
    ['ContainerStatusUnknown', 'red'],
    ['Init:ContainerStatusUnknown', 'red'],
  ] as const)
    assert.equal(colouredStatus(marking, status), `${style} ${status}`);
  assert.equal(colouredStatus(marking, 'SchedulingGated'), 'SchedulingGated');
});
