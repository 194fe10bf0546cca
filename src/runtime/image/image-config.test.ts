import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeapodError } from '../../model/errors.ts';
import { readImageConfig } from './image-config.ts';

function read(config: unknown, rest: Record<string, unknown> = {}): ReturnType<typeof readImageConfig> {
  return readImageConfig(Buffer.from(JSON.stringify({ rootfs: { diff_ids: [] }, config, ...rest })));
}

test('env entries without a value are dropped, not looked up on the host', () => {
  const { config } = read({ Env: ['PATH', 'A=1', '=x', 'B=', 'C=a=b', 'D=\0', 7, 'HOME'] });
  assert.deepEqual(config.env, ['A=1', 'B=', 'C=a=b']);
});

test('labels and volumes are data, whatever they are called', () => {
  const { config } = read({
    Labels: { 'io.podman.annotations.privileged': 'TRUE', n: 3 },
    Volumes: { '/../../etc': {}, 'a\nb': {} },
    User: '0:0\nroot',
  });
  assert.deepEqual(config.labels, { 'io.podman.annotations.privileged': 'TRUE' });
  assert.deepEqual(config.volumes, ['/../../etc', 'a\nb']);
  assert.equal(config.user, '0:0\nroot');
});

test('a label named __proto__ is a label', () => {
  const bytes = Buffer.from('{"rootfs":{"diff_ids":[]},"config":{"Labels":{"__proto__":"x"}}}');
  assert.deepEqual(Object.keys(readImageConfig(bytes).config.labels), ['__proto__']);
  assert.equal(Object.getPrototypeOf({}), Object.prototype);
});

test('an image without config has empty defaults', () => {
  assert.deepEqual(read(null, { architecture: 'amd64', os: 'linux', created: 'then' }).config, {
    user: '',
    env: [],
    entrypoint: [],
    cmd: [],
    workingDir: '',
    labels: {},
    stopSignal: '',
    volumes: [],
    architecture: 'amd64',
    os: 'linux',
    created: 'then',
  });
});

for (const [what, text] of [
  ['no JSON', '{'],
  ['a list', '[]'],
  ['a diff id that is a path', '{"rootfs":{"diff_ids":["sha256:../../x"]}}'],
  ['layers that are no list', '{"rootfs":{"diff_ids":{}}}'],
]) {
  test(`a configuration that is ${what} is damaged`, () => {
    assert.throws(
      () => readImageConfig(Buffer.from(text ?? '')),
      (error) => isPeapodError(error, 'ImageCorrupt'),
    );
  });
}

test('what is no container image says so', () => {
  assert.throws(
    () => readImageConfig(Buffer.from('{"name":"chart"}')),
    (error) => isPeapodError(error, 'Unsupported'),
  );
});
