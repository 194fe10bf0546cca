/** Each shell as it is, with the program as it is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { packageRoot } from '../package-root.ts';
import { COMPLETION_SCRIPTS, type Shell } from './scripts.ts';

const folder = mkdtempSync(join(tmpdir(), 'peapod-completion-'));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'pod one.yaml'), '');

/** @returns what the shell prints */
function run(shell: Shell, script: string): string {
  const file = join(folder, `peapod.${shell}`);
  writeFileSync(file, COMPLETION_SCRIPTS[shell]);
  const env = {
    ...process.env,
    PATH: `${packageRoot()}:${process.env['PATH']}`,
    HOME: folder,
    PEAPOD_ROOT: join(folder, 'root'),
    PEAPOD_RUN: join(folder, 'run'),
    SCRIPT: file,
  };
  const args =
    shell === 'fish' ? ['--no-config', '-c', script] : [shell === 'zsh' ? '-f' : '--norc', '-c', script];
  const { stdout, stderr, error } = spawnSync(shell, args, { env, cwd: folder, encoding: 'utf8' });
  assert.equal(error, undefined);
  assert.equal(stderr, '');
  return stdout;
}

function bash(line: string): string[] {
  const script = `
    . "$SCRIPT"
    compopt() { :; }
    COMP_LINE='${line}' COMP_POINT=${line.length}
    _peapod
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return run('bash', script)
    .split('\n')
    .filter((word) => word !== '');
}

test('bash completes verbs, values and files', () => {
  assert.deepEqual(bash('peapod sim'), ['simulate']);
  assert.deepEqual(bash('peapod get pods -o '), ['json', 'yaml', 'wide', 'name']);
  assert.deepEqual(bash('peapod get pods --output=y'), ['yaml']);
  assert.deepEqual(bash('peapod run -f pod'), ['pod one.yaml']);
});

test('zsh completes verbs and files', () => {
  // A shell on a terminal of its own, which types for us.
  const script = `
    zmodload zsh/zpty
    zpty -b z "TERM=dumb zsh -f -i"
    zpty -w z "PS1= ; autoload -Uz compinit; compinit -D -u; . $SCRIPT"
    zpty -w z $'bindkey "^I" complete-word; print rea\\dy'
    zpty -r z line '*ready*'
    zpty -w -n z $'peapod simul\\t'
    zpty -r z line '*simulate*' && print "verb"
    zpty -w -n z $' -f pod\\t'
    zpty -r z line '*pod\\\\ one.yaml*' && print "file"
    zpty -d z`;
  assert.equal(run('zsh', script), 'verb\nfile\n');
});

test('fish completes verbs with what they mean, values and files', () => {
  const fish = (line: string) =>
    run('fish', `source $SCRIPT; complete -C '${line}'`)
      .split('\n')
      .filter((word) => word !== '');
  assert.deepEqual(fish('peapod simul'), [
    'simulate\twhere the scheduler would put pods, and why; changes nothing and needs no root',
  ]);
  assert.deepEqual(fish('peapod get pods --output=y'), ['--output=yaml']);
  assert.deepEqual(fish('peapod run -f pod'), ['pod one.yaml']);
});
