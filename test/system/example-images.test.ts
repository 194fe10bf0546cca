/** The images of the examples are what an image is meant to be: complete, and the same each time. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { writeOciArchive } from '../../examples/images/oci-archive.ts';
import { imageArchive } from './support/images.ts';

const run = promisify(execFile);

test('the same files give the same archive, whenever it is made', async () => {
  const digests = new Set<string>();
  for (const round of [1, 2]) {
    const work = await mkdtemp(join(tmpdir(), 'peapod-archive-'));
    try {
      const rootfs = join(work, 'rootfs');
      await mkdir(join(rootfs, 'etc'), { recursive: true });
      const files = round === 1 ? ['a', 'b'] : ['b', 'a'];
      for (const name of files) await writeFile(join(rootfs, 'etc', name), name);
      await symlink('a', join(rootfs, 'etc/link'));
      const file = join(work, 'image.tar');
      await writeOciArchive({ rootfs, config: { Cmd: ['a'] }, reference: 'localhost/a:1' }, file, work);
      digests.add(
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      );
    } finally {
      await rm(work, { recursive: true });
    }
  }
  assert.equal(digests.size, 1);
});

test('another reader finds rsyslogd in the archive, with what it runs and its one layer', async () => {
  const archive = `oci-archive:${await imageArchive('rsyslogd')}`;
  const { stdout } = await run('skopeo', ['inspect', '--insecure-policy', '--config', archive]);
  const { config, rootfs } = JSON.parse(stdout) as {
    config: { Entrypoint: string[]; Cmd: string[] };
    rootfs: { diff_ids: string[] };
  };
  assert.deepEqual([...config.Entrypoint, ...config.Cmd], ['/usr/sbin/rsyslogd', '-n']);
  assert.equal(rootfs.diff_ids.length, 1);
});
