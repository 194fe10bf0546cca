import type { Settings } from '../settings.ts';
import { findServer } from './find-server.ts';

/** Where images go: to the server's pods when it has a store of its own. */
export async function imageSettings(settings: Settings): Promise<Settings> {
  const found = await findServer(settings);
  return found.state === 'running' ? { ...settings, images: found.server.settings.images } : settings;
}
