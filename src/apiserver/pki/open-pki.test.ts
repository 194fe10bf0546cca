import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isPeapodError } from '../../model/errors.ts';
import { openPki } from './open-pki.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY_MS = 24 * 3600 * 1000;
const NAMES = ['localhost', '127.0.0.1', '::1', 'kubernetes.default.svc'];
let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'peapod-pki-'));
});
after(() => rm(root, { recursive: true }));

test('keys and certificates are made once, for their owner alone', async () => {
  const directory = join(root, 'once');
  const first = await openPki({ directory, names: NAMES, nowMs: NOW });
  assert.deepEqual(await openPki({ directory, names: NAMES, nowMs: NOW }), first);
  for (const name of await readdir(directory)) {
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name);
  }
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test("the server's certificate is the authority's and has all names; the admin's tells user and groups", async () => {
  const { authority, server, admin } = await openPki({
    directory: join(root, 'names'),
    names: NAMES,
    nowMs: NOW,
  });
  const ca = new X509Certificate(authority.certificate);
  const certificate = new X509Certificate(server.certificate);
  assert.equal(ca.ca, true);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.verify(ca.publicKey), true);
  assert.notEqual(certificate.checkHost('localhost'), undefined);
  assert.notEqual(certificate.checkIP('::1'), undefined);
  assert.equal(certificate.checkHost('example.com'), undefined);
  assert.equal(new X509Certificate(admin.certificate).subject, 'CN=kubernetes-admin\nO=system:masters');
});

test('another name, and an end that is near, make the server another certificate under the same authority', async () => {
  const directory = join(root, 'renewed');
  const first = await openPki({ directory, names: NAMES, nowMs: NOW });
  const renamed = await openPki({ directory, names: [...NAMES, '10.1.2.3'], nowMs: NOW });
  assert.notEqual(renamed.server.certificate, first.server.certificate);
  assert.equal(renamed.admin.certificate, first.admin.certificate);
  const later = await openPki({ directory, names: NAMES, nowMs: NOW + 340 * DAY_MS });
  assert.notEqual(later.admin.certificate, first.admin.certificate);
  assert.deepEqual(later.authority, first.authority);
  assert.equal(later.tokenKey, first.tokenKey);
});

test('what is no certificate is named', async () => {
  const directory = join(root, 'damaged');
  await openPki({ directory, names: NAMES, nowMs: NOW });
  await writeFile(join(directory, 'ca.crt'), 'nonsense');
  await assert.rejects(openPki({ directory, names: NAMES, nowMs: NOW }), (error) => {
    return isPeapodError(error, 'Corrupt') && error.message.includes('ca.crt');
  });
});
