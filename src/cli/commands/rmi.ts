import { imageSettings } from '../engine/image-settings.ts';
import { openHost } from '../host.ts';
import { requireRoot } from '../require-root.ts';
import { PeapodError } from '../../model/errors.ts';
import type { Settings } from '../settings.ts';

/** `peapod rmi`: an image that a container uses is refused. */
export async function rmi(settings: Settings, references: readonly string[]): Promise<void> {
  requireRoot('remove images');
  await using host = await openHost(await imageSettings(settings));
  for (const reference of references) {
    if ((await host.runtime.imageStatus(reference)) === undefined) {
      throw new PeapodError('NotFound', `image "${reference}" not found`, { hint: 'peapod images' });
    }
    await host.runtime.removeImage(reference);
    process.stdout.write(`${reference}\n`);
  }
}
