import { imageSettings } from '../engine/image-settings.ts';
import { openHost } from '../host.ts';
import { requireRoot } from '../require-root.ts';
import { readImageChange } from '../../runtime/image/archive/read-image-change.ts';
import type { Settings } from '../settings.ts';

/** `peapod import`: makes an image of a tar of a root file system, and prints its id. */
export async function importImage(
  settings: Settings,
  file: string,
  reference: string,
  options: { change: string[] },
): Promise<void> {
  requireRoot('import images');
  const config = options.change.reduce(readImageChange, {});
  await using host = await openHost(await imageSettings(settings));
  const image = await host.runtime.images.importRootfs(file === '-' ? process.stdin : file, {
    reference,
    config,
  });
  process.stdout.write(`${image.id}\n`);
}
