import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';

test('the generated CRI messages are those of the proto file', () => {
  assert.doesNotThrow(() => execFileSync(process.execPath, ['tools/generate-cri.ts', '--check']));
});
