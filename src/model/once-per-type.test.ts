import assert from 'node:assert/strict';
import test from 'node:test';
import { oncePerType } from './once-per-type.ts';

test('each type is worked out once', () => {
  const asked: string[] = [];
  const lengthOf = oncePerType((typeName) => {
    asked.push(typeName);
    return typeName.length;
  });
  assert.deepEqual(['Pod', 'Node', 'Pod', 'Node'].map(lengthOf), [3, 4, 3, 4]);
  assert.deepEqual(asked, ['Pod', 'Node']);
});
