import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import { type Credentials, findCredentials } from './credentials.ts';

function basic(text: string): { auth: string } {
  return { auth: btoa(text) };
}

function password(username: string, secret: string): Credentials {
  return { kind: 'password', username, password: secret };
}

async function find(
  name: string,
  documents: readonly unknown[],
  env: NodeJS.ProcessEnv = {},
): Promise<Credentials | undefined> {
  const root = mkdtempSync(join(tmpdir(), 'peapod-auth-'));
  try {
    const files = documents.map((document, index) => {
      const file = join(root, `${index}.json`);
      writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
      return file;
    });
    return await findCredentials(name, { files: [join(root, 'missing.json'), ...files], env });
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('the most specific key counts', async () => {
  const auths = {
    'quay.io': basic('host:1'),
    'quay.io/team': basic('team:2'),
    'quay.io/team/app': basic('app:3'),
    'quay.io/te': basic('no:4'),
  };
  assert.deepEqual(await find('quay.io/team/app', [{ auths }]), password('app', '3'));
  assert.deepEqual(await find('quay.io/team/other', [{ auths }]), password('team', '2'));
  assert.deepEqual(await find('quay.io/tea/x', [{ auths }]), password('host', '1'));
  assert.equal(await find('quay.io:5000/team/app', [{ auths }]), undefined);
});

test('a password may hold colons', async () => {
  assert.deepEqual(await find('a.io/x', [{ auths: { 'a.io': basic('me:a:b') } }]), password('me', 'a:b'));
});

test('Docker Hub is found under the name that docker login gives it', async () => {
  const auths = { 'https://index.docker.io/v1/': basic('me:1') };
  assert.deepEqual(await find('docker.io/library/busybox', [{ auths }]), password('me', '1'));
});

test('keys may be URLs', async () => {
  assert.deepEqual(
    await find('a.io/x', [{ auths: { 'https://a.io/v2/': basic('me:1') } }]),
    password('me', '1'),
  );
});

test('the first file that has credentials counts', async () => {
  const documents = [
    {},
    { auths: { 'a.io': {} } },
    { auths: { 'a.io': basic('b:2') } },
    { auths: { 'a.io': basic('c:3') } },
  ];
  assert.deepEqual(await find('a.io/x', documents), password('b', '2'));
});

test('an identity token is exchanged, a registry token shown as it is', async () => {
  const auths = { 'a.io': { identitytoken: 'i' }, 'b.io': { registrytoken: 'r' } };
  assert.deepEqual(await find('a.io/x', [{ auths }]), { kind: 'refresh-token', token: 'i' });
  assert.deepEqual(await find('b.io/x', [{ auths }]), { kind: 'access-token', token: 'r' });
});

test('a file that is no JSON is named', async () => {
  await assert.rejects(
    find('a.io/x', ['{']),
    (error) =>
      isPeapodError(error, 'Invalid') && /cannot read credentials from .*0\.json/.test(error.message),
  );
});

test('a credential helper is asked by its program, and only under a plain name', async () => {
  const root = mkdtempSync(join(tmpdir(), 'peapod-helper-'));
  try {
    const program = join(root, 'docker-credential-test');
    writeFileSync(
      program,
      '#!/bin/sh\nread server\n[ "$server" = a.io ] || exit 1\necho \'{"Username":"me","Secret":"s"}\'\n',
    );
    chmodSync(program, 0o755);
    const env = { PATH: `${root}:/usr/bin:/bin` };
    assert.deepEqual(await find('a.io/x', [{ credHelpers: { 'a.io': 'test' } }], env), password('me', 's'));
    assert.deepEqual(await find('a.io/x', [{ credsStore: 'test' }], env), password('me', 's'));
    assert.equal(await find('b.io/x', [{ credsStore: 'test' }], env), undefined);
    await assert.rejects(find('a.io/x', [{ credsStore: '../../evil' }], env), (error) =>
      isPeapodError(error, 'Invalid'),
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});
