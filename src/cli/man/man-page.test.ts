import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { buildProgram } from '../program.ts';
import { manPage } from './man-page.ts';

const PROGRAM = buildProgram();

/** As a reader sees it, without what terminals need. */
function formatted(): string {
  const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tascii', '-P-cbou', '-ww'], {
    input: manPage(PROGRAM, '1.2.3'),
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return stdout;
}

test('groff has nothing to say against the page, and it shows every verb and option', () => {
  const page = formatted();
  assert.match(page, /peapod 1\.2\.3/);
  for (const verb of PROGRAM.createHelp().visibleCommands(PROGRAM)) {
    if (verb.name() === 'help') continue;
    assert.match(page, new RegExp(`^ +peapod ${verb.name()}\\b`, 'm'));
    for (const { flags } of verb.createHelp().visibleOptions(verb)) assert.ok(page.includes(flags), flags);
  }
  assert.match(page, /^ +peapod system install \[options\]$/m);
  assert.doesNotMatch(page, /supervise|__complete/);
});
