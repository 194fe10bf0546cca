import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isPeapodError } from '../../model/errors.ts';
import { canonicalName, parseReference } from './reference.ts';

const hex = 'a'.repeat(64);

const canonical: [string, string][] = [
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['library/busybox', 'docker.io/library/busybox:latest'],
  ['me/app', 'docker.io/me/app:latest'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['index.docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['localhost/app', 'localhost/app:latest'],
  ['localhost:5000/app', 'localhost:5000/app:latest'],
  ['127.0.0.1:5000/a/b/c:v1', '127.0.0.1:5000/a/b/c:v1'],
  ['[::1]:5000/app', '[::1]:5000/app:latest'],
  ['Registry/app', 'Registry/app:latest'],
  ['quay.io/a__b/c-d.e--f', 'quay.io/a__b/c-d.e--f:latest'],
  [`quay.io/app@sha256:${hex}`, `quay.io/app@sha256:${hex}`],
  [`quay.io/app:v1@sha256:${hex}`, `quay.io/app@sha256:${hex}`],
  ['app:5000', 'docker.io/library/app:5000'],
];

for (const [text, expected] of canonical) {
  test(`${text.slice(0, 40)} is kept as ${expected.slice(0, 40)}`, () => {
    assert.equal(canonicalName(parseReference(text)), expected);
  });
}

const invalid = [
  '',
  'App',
  'a//b',
  '/a',
  'a/',
  'a_',
  'a___b',
  '-a',
  'a..b',
  'a:',
  'a:-x',
  `a:${'x'.repeat(129)}`,
  'a@sha256:abc',
  `a@sha256:${'A'.repeat(64)}`,
  'a@md5:d41d8cd98f00b204e9800998ecf8427e',
  'a@',
  hex,
  `quay.io/${'a'.repeat(250)}`,
  'quay.io:99999/a',
  'a b',
  'a\n',
  'quay.io/../../etc/passwd',
  'https://quay.io/a',
  'quay.io:/a',
  '-quay.io/a',
];

for (const text of invalid) {
  test(`${JSON.stringify(text.slice(0, 40))} is no image name`, () => {
    assert.throws(
      () => parseReference(text),
      (error) => isPeapodError(error, 'InvalidImageName'),
    );
  });
}

test('a tag is kept for display beside a digest', () => {
  assert.equal(parseReference(`app:v1@sha256:${hex}`).tag, 'v1');
  assert.equal(parseReference(`app@sha256:${hex}`).tag, undefined);
});

test('whatever the text, it is either refused or kept under a name that reads back as itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9._/:@-]{1,40}$/)), (text) => {
      let name: string;
      try {
        name = canonicalName(parseReference(text));
      } catch (error) {
        assert.ok(isPeapodError(error, 'InvalidImageName'));
        return;
      }
      assert.equal(canonicalName(parseReference(name)), name);
    }),
  );
});
