import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { PodSecurityContext } from '../../model/api/types.ts';
import { runCommand } from '../linux/run-command.ts';
import { failure, mountTypeAt, podWith, VolumeFixture } from './testing/volume-fixture.ts';

const fixture = new VolumeFixture();

describe('files from objects', () => {
  test('a configMap has a file for each key, read-only, with its mode', async () => {
    fixture.configMaps['m'] = {
      data: { a: 'one' },
      binaryData: { b: Buffer.from([0, 255]).toString('base64') },
    };
    const { path, readonly } = await fixture.setUpAndMount(
      podWith({ configMap: { name: 'm', defaultMode: 0o600 } }),
    );
    assert.deepEqual(
      readdirSync(path).filter((name) => !name.startsWith('..')),
      ['a', 'b'],
    );
    assert.equal(readFileSync(join(path, 'a'), 'utf8'), 'one');
    assert.deepEqual([...readFileSync(join(path, 'b'))], [0, 255]);
    assert.equal(statSync(join(path, 'a')).mode & 0o777, 0o600);
    assert.equal(readonly, true);
  });
  test('items choose keys, paths and modes; a missing key is an error unless optional', async () => {
    fixture.configMaps['m'] = { data: { a: 'one' } };
    const { path } = await fixture.setUpAndMount(
      podWith({ configMap: { name: 'm', items: [{ key: 'a', path: 'deep/er/x', mode: 0o444 }] } }),
    );
    assert.equal(readFileSync(join(path, 'deep/er/x'), 'utf8'), 'one');
    const missing = { name: 'm', items: [{ key: 'z', path: 'z' }] };
    await assert.rejects(
      fixture.setUp(podWith({ configMap: missing })),
      failure('configmap references non-existent config key: z'),
    );
    await fixture.setUp(podWith({ configMap: { ...missing, optional: true } }));
    await assert.rejects(
      fixture.setUp(podWith({ configMap: { name: 'none' } })),
      failure('configmap "none" not found'),
    );
    await fixture.setUp(podWith({ configMap: { name: 'none', optional: true } }));
  });
  test('a secret lies on a tmpfs', async () => {
    fixture.secrets['s'] = { data: { key: Buffer.from('hush').toString('base64') } };
    const { path } = await fixture.setUpAndMount(podWith({ secret: { secretName: 's' } }));
    assert.equal(await mountTypeAt(path), 'tmpfs');
    assert.equal(readFileSync(join(path, 'key'), 'utf8'), 'hush');
  });
  test('a projected volume gathers all kinds of sources', async () => {
    fixture.configMaps['m'] = { data: { a: 'one' } };
    fixture.secrets['s'] = { data: { b: Buffer.from('two').toString('base64') } };
    const fieldRef = { fieldPath: 'metadata.name' };
    const { path } = await fixture.setUpAndMount(
      podWith({
        projected: {
          sources: [
            { configMap: { name: 'm' } },
            { secret: { name: 's', items: [{ key: 'b', path: 'sub/b' }] } },
            {
              downwardAPI: {
                items: [
                  { path: 'name', fieldRef },
                  { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } },
                ],
              },
            },
            { serviceAccountToken: { path: 'token', audience: 'x' } },
          ],
        },
      }),
    );
    const read = (name: string) => readFileSync(join(path, name), 'utf8');
    assert.deepEqual(['a', 'sub/b', 'name', 'cpu', 'token'].map(read), [
      'one',
      'two',
      'field metadata.name',
      'limits.cpu of c',
      'token for x',
    ]);
  });
  test('an update is switched at once, and what has gone is taken away', async () => {
    fixture.configMaps['m'] = { data: { a: 'old', gone: 'x' } };
    const pod = podWith({ configMap: { name: 'm' } });
    const { path } = await fixture.setUpAndMount(pod);
    const first = readlinkSync(join(path, '..data'));
    await fixture.setUp(pod);
    assert.equal(readlinkSync(join(path, '..data')), first, 'nothing is written when nothing has changed');
    fixture.configMaps['m'] = { data: { a: 'new', added: 'y' } };
    await fixture.setUp(pod);
    assert.equal(readFileSync(join(path, 'a'), 'utf8'), 'new');
    const data = readlinkSync(join(path, '..data'));
    assert.deepEqual(readdirSync(path).sort(), [data, '..data', 'a', 'added'].sort());
  });
});

test('a token is readable by the one user of the pod alone, and by its group', async () => {
  const volume = { projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'x' } }] } };
  const modeOf = async (securityContext: PodSecurityContext) => {
    await fixture.setUpAnew(podWith(volume, {}, { securityContext }));
    const { mode, uid, gid } = statSync(join((await fixture.mountOf(podWith(volume))).path, 't'));
    return [mode & 0o777, uid, gid];
  };
  assert.deepEqual(await modeOf({}), [0o644, 0, 0]);
  assert.deepEqual(await modeOf({ runAsUser: 7 }), [0o600, 7, 0]);
  assert.deepEqual(await modeOf({ runAsUser: 7, fsGroup: 8 }), [0o640, 7, 8]);
});

/** A busy machine starts few programs. */
const READER_MS = 120_000;

test('a reader sees all of the old or all of the new, never a mixture', async () => {
  const of = (value: string) => ({ data: { a: value.repeat(5000), b: value.repeat(5000) } });
  fixture.configMaps['m'] = of('0');
  const pod = podWith({ configMap: { name: 'm' } });
  const { path } = await fixture.setUpAndMount(pod);
  const script = `cd ${path}; while [ ! -e ${fixture.folder}/stop ]; do
    data=$(readlink ..data); (cat "$data/a" "$data/b" 2>/dev/null | tr -s 0123456789; echo) >>${fixture.folder}/seen; done`;
  const reader = runCommand('sh', ['-c', script], { timeoutMs: READER_MS });
  const lines = () =>
    readFileSync(join(fixture.folder, 'seen'), { encoding: 'utf8', flag: 'a+' })
      .split('\n')
      .filter((line) => line !== '');
  const end = performance.now() + READER_MS / 2;
  for (let round = 1; round <= 40 || (performance.now() < end && lines().length <= 3); round++) {
    fixture.configMaps['m'] = of(String(round % 10));
    await fixture.setUp(pod);
    await delay(5);
  }
  writeFileSync(join(fixture.folder, 'stop'), '');
  await reader;
  const seen = lines();
  assert.ok(seen.length > 3, 'the reader has seen something');
  assert.deepEqual(
    seen.filter((line) => line.length !== 1),
    [],
  );
});
