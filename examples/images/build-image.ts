import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addSystemFiles, linkBusyboxApplets, unpackDebianPackages } from './debian-rootfs.ts';
import { type ImageConfig, writeOciArchive } from './oci-archive.ts';

/** An image made of Debian packages, with busybox for what else a shell user wants. */
export interface Recipe {
  reference: string;
  packages: readonly string[];
  config: ImageConfig;
}

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const RECIPES = {
  rsyslogd: {
    reference: 'localhost:5000/peapod/rsyslogd:8',
    packages: ['rsyslog', 'bsdutils', 'busybox-static'],
    config: { Env: [PATH], Entrypoint: ['/usr/sbin/rsyslogd'], Cmd: ['-n'] },
  },
  busybox: {
    reference: 'localhost:5000/peapod/busybox:1',
    packages: ['busybox-static'],
    config: { Env: [PATH], Cmd: ['sh'] },
  },
} satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;

/** @throws Error that names the images there are */
export function recipeName(text: string): RecipeName {
  if (Object.hasOwn(RECIPES, text)) return text as RecipeName;
  throw new Error(`no such image "${text}": there are ${Object.keys(RECIPES).join(', ')}`);
}

const CACHE = join(import.meta.dirname, '../../.cache/images');

/**
 * Builds the image as an OCI archive, unless the same recipe has been built here before.
 * Deleting `.cache` makes it anew, with the packages that Debian has then. Needs root.
 * @returns the archive's path
 */
export async function buildImage(name: RecipeName): Promise<string> {
  const recipe: Recipe = RECIPES[name];
  const key = createHash('sha256')
    .update(JSON.stringify([recipe, process.arch]))
    .digest('hex');
  const file = join(CACHE, `${name}-${key.slice(0, 12)}.tar`);
  if (existsSync(file)) return file;
  await mkdir(CACHE, { recursive: true });
  const work = await mkdtemp(join(tmpdir(), 'peapod-image-'));
  try {
    const rootfs = join(work, 'rootfs');
    await mkdir(rootfs);
    await unpackDebianPackages(recipe.packages, rootfs, work);
    await linkBusyboxApplets(rootfs);
    await addSystemFiles(rootfs);
    await writeOciArchive({ rootfs, config: recipe.config, reference: recipe.reference }, file, work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return file;
}
