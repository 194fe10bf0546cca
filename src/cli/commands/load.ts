import { imageSettings } from '../engine/image-settings.ts';
import { openHost } from '../host.ts';
import { requireRoot } from '../require-root.ts';
import type { Settings } from '../settings.ts';

/** `peapod load`: prints the names of the images that it took out of the archive. */
export async function load(settings: Settings, options: { input?: string }): Promise<void> {
  requireRoot('load images');
  await using host = await openHost(await imageSettings(settings));
  const images = await host.runtime.images.load(options.input ?? process.stdin);
  for (const { id, repoTags } of images) process.stdout.write(`Loaded image: ${repoTags.join(', ') || id}\n`);
}
