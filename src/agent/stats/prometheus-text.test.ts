import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prometheusText } from './prometheus-text.ts';

test('a metric has its help, its type, and a line for each sample with labels in quotes', () => {
  const text = prometheusText('m', 'gauge', 'Help.', [
    { labels: {}, value: 1.5 },
    { labels: { a: 'x"y\\z\n', b: '2' }, value: 3, timestamp: 1000 },
  ]);
  assert.equal(text, '# HELP m Help.\n# TYPE m gauge\nm 1.5\nm{a="x\\"y\\\\z\\n",b="2"} 3 1000\n');
});
