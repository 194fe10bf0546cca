import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processArgs, processCwd, processEnv } from './process.ts';

const image = { entrypoint: ['/entry'], cmd: ['serve'] };

for (const [title, command, args, expected] of [
  ["nothing said: the image's", [], [], ['/entry', 'serve']],
  ["command alone drops the image's arguments", ['/mine'], [], ['/mine']],
  ['args alone keep the entrypoint', [], ['x'], ['/entry', 'x']],
  ['both replace both', ['/mine'], ['x'], ['/mine', 'x']],
] as const) {
  test(title, () => {
    assert.deepEqual(
      processArgs({ command: [...command], args: [...args], userImage: 'i' }, image),
      expected,
    );
  });
}

test('an image without a command needs one', () => {
  assert.throws(
    () => processArgs({ command: [], args: [], userImage: 'scratchy' }, { entrypoint: [], cmd: [] }),
    /no command specified.*scratchy/,
  );
});

test("the container's environment wins over the image's, and HOME comes from the user", () => {
  assert.deepEqual(
    processEnv({ env: [{ name: 'A', value: 'mine' }], tty: false }, ['A=image', 'PATH=/bin', 'B=b=c'], {
      hostname: 'pod',
      home: '/root',
    }),
    ['PATH=/bin', 'HOSTNAME=pod', 'A=mine', 'B=b=c', 'HOME=/root'],
  );
});

test('an image entry without an equals sign does not pull in our own environment', () => {
  const env = processEnv({ env: [], tty: true }, ['AWS_SECRET_ACCESS_KEY', '=x'], { hostname: '', home: '' });
  assert.deepEqual(
    env.map((entry) => entry.split('=')[0]),
    ['PATH', 'TERM', 'HOME'],
  );
});

test('a newline stays within its own variable, a NUL is refused', () => {
  const env = processEnv({ env: [{ name: 'A', value: 'x\nB=y' }], tty: false }, [], {
    hostname: '',
    home: '',
  });
  assert.ok(env.includes('A=x\nB=y'));
  assert.throws(
    () => processEnv({ env: [{ name: 'A', value: 'x\0' }], tty: false }, [], { hostname: '', home: '' }),
    /NUL/,
  );
  assert.throws(
    () => processEnv({ env: [{ name: 'A=B', value: '' }], tty: false }, [], { hostname: '', home: '' }),
    /invalid environment variable name "A=B"/,
  );
});

test("a working directory is the container's, the image's or the root", () => {
  assert.deepEqual([processCwd('/a', '/b'), processCwd('', '/b'), processCwd('', '')], ['/a', '/b', '/']);
  assert.throws(() => processCwd('a', ''), /not an absolute path/);
});
