import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProgram } from '../program.ts';
import { complete, type Completion } from './complete.ts';

/** @param line with `|` where the cursor is, at its end */
function at(line: string): Completion {
  return complete(buildProgram(), line.replace('|', '').split(' '));
}

function words(line: string): string[] {
  const found = at(line);
  return found.type === 'words' ? found.words.map(({ value }) => value) : [];
}

function names(line: string): unknown {
  const found = at(line);
  return found.type === 'names' ? found.names : found.type;
}

test('verbs come first, hidden ones never, and verbs of verbs after them', () => {
  const verbs = words('|');
  assert.ok(['run', 'get', 'system', 'completion', 'man'].every((verb) => verbs.includes(verb)));
  assert.ok(!verbs.includes('supervise') && !verbs.includes('__complete'));
  assert.deepEqual(
    words('system |').filter((verb) => verb !== 'help'),
    ['doctor', 'install'],
  );
  assert.ok(words('--root /x |').includes('run'));
});

test('options are the verb’s and the program’s, and none after --', () => {
  const options = words('exec -|');
  assert.ok(options.includes('--container') && options.includes('--root'));
  assert.ok(!options.includes('--detach'));
  assert.deepEqual(words('exec web -- -|'), []);
});

test('an option’s value is completed by what the option takes', () => {
  assert.deepEqual(words('get pods -o |'), ['json', 'yaml', 'wide', 'name']);
  assert.deepEqual(words('why web --output=|'), ['json', 'yaml']);
  assert.equal(at('why web --output=|').prefix, '--output=');
  assert.equal(names('run -f |'), 'files');
  assert.equal(names('serve --data-dir |'), 'folders');
  assert.deepEqual(names('logs -n |'), { of: 'namespaces' });
  assert.deepEqual(names('simulate --drain |'), { of: 'nodes' });
  assert.deepEqual(names('debug web --image |'), { of: 'images' });
  assert.equal(names('debug web -c |'), 'nothing');
  assert.equal(names('logs --tail |'), 'nothing');
});

test('arguments are completed by what they name, with what was said before', () => {
  assert.deepEqual(names('logs |'), { of: 'pods' });
  assert.deepEqual(names('logs -f web |'), { of: 'containers', pod: 'web' });
  assert.deepEqual(names('exec -it web -c |'), { of: 'containers', pod: 'web' });
  assert.deepEqual(names('stop a b |'), { of: 'pods' });
  assert.deepEqual(names('get |'), { of: 'kinds' });
  assert.deepEqual(names('get deploy/|'), { of: 'objects', kind: 'deploy' });
  assert.deepEqual(names('get deploy a |'), { of: 'objects', kind: 'deploy' });
  assert.deepEqual(words('top |').slice(0, 2), ['pods', 'pod']);
  assert.deepEqual(names('rmi |'), { of: 'images' });
  assert.equal(names('exec web |'), 'nothing');
});

test('options that were given are known, also those of the program', () => {
  const { options } = at('--run-root=/r logs -n shop --root /x |');
  assert.deepEqual(Object.fromEntries(options), { runRoot: '/r', namespace: 'shop', root: '/x' });
});
