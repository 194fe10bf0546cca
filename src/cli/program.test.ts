import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProgram } from './program.ts';

test('run without a manifest is refused for want of the option', async () => {
  const program = buildProgram();
  let said = '';
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: (text) => (said += text) });
  await assert.rejects(program.parseAsync(['run', '--detach'], { from: 'user' }));
  assert.match(said, /^error: required option '-f, --filename <file>' not specified\n/);
});
