import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isPeapodError } from '../../../model/errors.ts';
import { parseReference } from '../reference.ts';
import { endpointsFor, isLoopback } from './endpoints.ts';
import { readRegistriesConfig } from './registries-config.ts';

async function endpoints(reference: string, toml: string): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'peapod-conf-'));
  try {
    const file = join(root, 'registries.conf');
    writeFileSync(file, toml);
    const config = await readRegistriesConfig(file, {});
    return endpointsFor(parseReference(reference), config).map(
      ({ host, path, insecure }) => `${host} ${path}${insecure ? ' insecure' : ''}`,
    );
  } finally {
    rmSync(root, { recursive: true });
  }
}

const table: [string, string, string, string[]][] = [
  ['without configuration the registry itself', 'quay.io/a/b', '', ['quay.io a/b']],
  ['Docker Hub under its API host', 'busybox', '', ['registry-1.docker.io library/busybox']],
  ['this machine without TLS', 'localhost:5000/a', '', ['localhost:5000 a insecure']],
  [
    'insecure where it says so',
    'a.io/x',
    '[[registry]]\nlocation = "a.io"\ninsecure = true',
    ['a.io x insecure'],
  ],
  [
    'another place for a prefix',
    'a.io/team/x',
    '[[registry]]\nprefix = "a.io/team"\nlocation = "b.io/mirror"',
    ['b.io mirror/x'],
  ],
  [
    'the longest prefix',
    'a.io/team/x',
    '[[registry]]\nprefix = "a.io"\nlocation = "b.io"\n[[registry]]\nprefix = "a.io/team"\nlocation = "c.io/t"',
    ['c.io t/x'],
  ],
  [
    'no prefix that ends within a part',
    'a.io/teams/x',
    '[[registry]]\nprefix = "a.io/team"\nlocation = "b.io"',
    ['a.io teams/x'],
  ],
  ['any subdomain', 'eu.a.io/x', '[[registry]]\nprefix = "*.a.io"\nlocation = "b.io"', ['b.io x']],
  [
    'mirrors first',
    'a.io/x',
    '[[registry]]\nlocation = "a.io"\n[[registry.mirror]]\nlocation = "m.io/a"\ninsecure = true',
    ['m.io a/x insecure', 'a.io x'],
  ],
  [
    'no mirror for digests alone when it is a tag',
    'a.io/x:1',
    '[[registry]]\nlocation = "a.io"\n[[registry.mirror]]\nlocation = "m.io"\npull-from-mirror = "digest-only"',
    ['a.io x'],
  ],
  [
    'a mirror for digests alone when it is a digest',
    `a.io/x@sha256:${'0'.repeat(64)}`,
    '[[registry]]\nlocation = "a.io"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.io"',
    ['m.io x', 'a.io x'],
  ],
];

for (const [what, reference, toml, expected] of table) {
  test(`asked is ${what}`, async () => assert.deepEqual(await endpoints(reference, toml), expected));
}

test('a blocked registry is refused', async () => {
  await assert.rejects(
    endpoints('a.io/x', '[[registry]]\nlocation = "a.io"\nblocked = true'),
    (error) => isPeapodError(error, 'Forbidden') && /a\.io is blocked/.test(error.message),
  );
});

for (const [what, toml] of [
  ['damaged TOML', '[[registry'],
  ['the old format', '[registries.search]\nregistries = ["a.io"]'],
  ['a value of another type', '[[registry]]\nlocation = "a.io"\ninsecure = "yes"'],
  ['an entry without a place', '[[registry]]\ninsecure = true'],
]) {
  test(`a registries.conf with ${what} is named`, async () => {
    await assert.rejects(
      endpoints('a.io/x', toml ?? ''),
      (error) => isPeapodError(error, 'Invalid') && /registries\.conf/.test(error.message),
    );
  });
}

test('addresses of this machine are told from others that look like them', () => {
  for (const host of ['localhost', 'localhost:5000', '127.0.0.1:1', '127.8.9.10', '[::1]:5000'])
    assert.ok(isLoopback(host), host);
  for (const host of ['127.0.0.1.evil.io', 'localhost.evil.io', '128.0.0.1', '[::2]:1'])
    assert.ok(!isLoopback(host), host);
});
