import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
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
