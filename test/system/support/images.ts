/** Images for tests, made of Debian packages once and kept in `.cache`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { buildImage, RECIPES, type RecipeName } from '../../../examples/images/build-image.ts';
import type { TestRegistry } from './registry.ts';

export type { RecipeName };

const run = promisify(execFile);

/** The name that manifests use for it. */
export function imageReference(name: RecipeName): string {
  return RECIPES[name].reference;
}

/** Where the image's OCI archive lies; it is built when it is not there. */
export function imageArchive(name: RecipeName): Promise<string> {
  return buildImage(name);
}

/** Pushes the image to the registry, as a user would. @returns its reference there */
export async function pushImageArchive(
  registry: Pick<TestRegistry, 'host'>,
  name: RecipeName,
): Promise<string> {
  const reference = imageReference(name).replace(/^[^/]+/, registry.host);
  await run('skopeo', [
    'copy',
    '--quiet',
    '--insecure-policy',
    '--dest-tls-verify=false',
    `oci-archive:${await imageArchive(name)}`,
    `docker://${reference}`,
  ]);
  return reference;
}
