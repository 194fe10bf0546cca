import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a running program has no use for. */
const UNNEEDED = ['usr/share/doc', 'usr/share/man', 'usr/share/locale', 'usr/share/lintian', 'usr/share/bug'];

/**
 * Fills `rootfs`, an empty directory, with the files of Debian packages and of all that they depend on. apt finds and
 * verifies them, as if nothing were installed yet; nothing is installed on this machine, and no maintainer script runs.
 * @param work an empty directory for what is downloaded; absolute
 */
export async function unpackDebianPackages(
  packages: readonly string[],
  rootfs: string,
  work: string,
): Promise<void> {
  const archives = join(work, 'archives');
  await mkdir(join(archives, 'partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  const options = [
    'APT::Sandbox::User=root',
    'Dir::Cache::pkgcache=',
    `Dir::Cache::archives=${archives}`,
    `Dir::State::status=${work}/status`,
  ].flatMap((option) => ['-o', option]);
  const download = ['-qq', '--yes', '--download-only', '--no-install-recommends', ...options, 'install'];
  await run('apt-get', [...download, ...packages]).catch(async () => {
    await run('apt-get', ['-qq', 'update']); // perhaps the lists of packages are old, or not there
    await run('apt-get', [...download, ...packages]);
  });
  for (const archive of globSync(join(archives, '*.deb')).sort()) {
    await run('dpkg-deb', ['--extract', archive, rootfs]);
  }
  for (const path of UNNEEDED) await rm(join(rootfs, path), { recursive: true, force: true });
}

/** Adds busybox's applets as links, where no other program has the name. */
export async function linkBusyboxApplets(rootfs: string): Promise<void> {
  const { stdout } = await run(join(rootfs, 'bin/busybox'), ['--list-full']);
  for (const applet of stdout.split('\n').filter((line) => line !== '')) {
    const path = join(rootfs, applet);
    if (hasProgram(rootfs, applet)) continue;
    await mkdir(dirname(path), { recursive: true });
    await symlink(relative(dirname(path), join(rootfs, 'bin/busybox')), path);
  }
}

/** Whether a program of that name stands in any directory of the usual search path. */
function hasProgram(rootfs: string, applet: string): boolean {
  const name = applet.slice(applet.lastIndexOf('/') + 1);
  return ['bin', 'sbin', 'usr/bin', 'usr/sbin'].some((folder) => existsSync(join(rootfs, folder, name)));
}

/** The directories and accounts that a program expects of a system. */
export async function addSystemFiles(rootfs: string): Promise<void> {
  for (const folder of ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'var/log', 'var/spool']) {
    await mkdir(join(rootfs, folder), { recursive: true });
  }
  await mkdir(join(rootfs, 'tmp'), { recursive: true });
  await run('chmod', ['1777', join(rootfs, 'tmp')]);
  await writeFile(
    join(rootfs, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  );
  await writeFile(join(rootfs, 'etc/group'), 'root:x:0:\nadm:x:4:\nnogroup:x:65534:\n');
}
