import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { terminalOf } from '../output/terminal.ts';
import { describePod } from './describe-pod.ts';
import { RICH_EVENTS, RICH_POD } from './testing/rich-pod.ts';

process.env['TZ'] = 'UTC';

test('a pod is described in the words and columns of kubectl 1.32', () => {
  const expected = readFileSync(join(import.meta.dirname, 'testing/rich-pod.txt'), 'utf8');
  assert.deepEqual(describePod(RICH_POD, RICH_EVENTS, () => '5s').split('\n'), expected.split('\n'));
});

test('a pod of which nothing is known yet is described too', () => {
  const text = describePod({ metadata: { name: 'x' }, spec: { containers: [{ name: 'a' }] } }, [], () => '');
  assert.match(text, /^Node: +<none>$/m);
  assert.match(text, /^Events: +<none>$/m);
  assert.doesNotMatch(text, /Container ID|State|Conditions/);
});

test('what a program outside wrote cannot steer the terminal', () => {
  const text = describePod(
    {
      metadata: { name: 'x', annotations: { a: '\u001b[2J' } },
      spec: { containers: [{ name: 'a', env: [{ name: 'E', value: '\u001b]0;title\u0007' }] }] },
      status: { message: '\u001b[31m' },
    },
    [{ metadata: {}, involvedObject: {}, message: 'one\u001bc' }],
    () => '',
  );
  assert.ok(!text.includes('\u001b'));
});

test('on a terminal labels, states and warnings have their colours, and every column stays in its place', () => {
  const plain = describePod(RICH_POD, RICH_EVENTS, () => '5s');
  const tty = { isTTY: true } as NodeJS.WriteStream;
  const coloured = describePod(RICH_POD, RICH_EVENTS, () => '5s', terminalOf(tty, {}));
  assert.deepEqual(stripVTControlCharacters(coloured).split('\n'), plain.split('\n'));
  const shown = coloured.replaceAll('\u001B', '^');
  for (const [what, expected] of [
    ['a label', /^\^\[2mName:\^\[22m +web$/m],
    ['a heading', /^\^\[1mContainers:\^\[22m$/m],
    ["a pod's status", /Status:\S+ +\^\[32mRunning\^/],
    ["a container's state", /State:\S+ +\^\[33mWaiting\^/],
    ['a reason', /\^\[31mCrashLoopBackOff\^/],
    ['a failed end', /Last State:\S+ +\^\[31mTerminated\^/],
    ['an end that went well', /\^\[2mTerminated\^[^]*\^\[2mCompleted\^/],
    ['a container that is ready', /Ready:\S+ +\^\[32mTrue\^/],
    ['a condition', /^ {2}Ready +\^\[33mFalse\^/m],
    ['a warning', /\^\[33mWarning\^/],
  ] as const)
    assert.match(shown, expected, what);
});

test('a description is plain for NO_COLOR, a dumb terminal and a pipe', () => {
  const plain = describePod(RICH_POD, RICH_EVENTS, () => '5s');
  const looks: [boolean, NodeJS.ProcessEnv][] = [
    [true, { NO_COLOR: '1' }],
    [true, { TERM: 'dumb' }],
    [false, {}],
  ];
  for (const [isTTY, env] of looks) {
    const terminal = terminalOf({ isTTY } as NodeJS.WriteStream, env);
    assert.equal(
      describePod(RICH_POD, RICH_EVENTS, () => '5s', terminal),
      plain,
    );
  }
});
