import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';

test('docs/pod-fields.md says what the code does', () => {
  assert.doesNotThrow(() => execFileSync(process.execPath, ['tools/generate-pod-fields.ts', '--check']));
});
