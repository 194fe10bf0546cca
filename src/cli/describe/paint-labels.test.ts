import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Painter } from '../output/terminal.ts';
import { paintLabels } from './paint-labels.ts';

const MARKING: Painter = { style: (style, text) => `<${style} ${text}>` };

test('a label is dim before its value and bold before its block, and other words are left alone', () => {
  const lines = [
    'Name:\tweb',
    'IPs:',
    '    Limits:',
    '      cpu:\t1',
    '      args:',
    '\tlabel=x',
    '  Ready \tTrue ',
  ];
  assert.deepEqual(paintLabels(lines, MARKING), [
    '<dim Name:>\tweb',
    '<bold IPs:>',
    '    <bold Limits:>',
    '      <dim cpu:>\t1',
    '      args:',
    '\tlabel=x',
    '  Ready \tTrue ',
  ]);
});
