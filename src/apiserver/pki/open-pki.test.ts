import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
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

test('what cannot be made anew is named when it is damaged, and the rest is made anew', async () => {
  const directory = join(root, 'damaged');
  const open = () => openPki({ directory, names: NAMES, nowMs: NOW });
  const first = await open();
  for (const name of ['ca.crt', 'ca.key', 'sa.key']) {
    const whole = await readFile(join(directory, name));
    for (const damaged of ['', 'nonsense', whole.subarray(0, whole.length / 2)]) {
      await writeFile(join(directory, name), damaged);
      await assert.rejects(
        open(),
        (error) => isPeapodError(error, 'Corrupt') && error.message.includes(join(directory, name)),
      );
    }
    await writeFile(join(directory, name), whole);
  }
  for (const name of ['server.crt', 'server.key', 'admin.crt', 'admin.key'])
    await writeFile(join(directory, name), 'nonsense');
  const repaired = await open();
  assert.deepEqual([repaired.authority, repaired.tokenKey], [first.authority, first.tokenKey]);
  for (const { certificate, key } of [repaired.server, repaired.admin])
    assert.ok(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)));
});
