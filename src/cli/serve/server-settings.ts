import { join, resolve } from 'node:path';
import type { Settings } from '../settings.ts';

/**
 * The server's pods are apart from those of `peapod run`: state, network and cgroups of their own, so that neither takes the
 * other's for rubbish. Images are shared, but for a data directory of its own, which has all.
 */
export function serverSettings(settings: Settings, dataDir: string | undefined): Settings {
  const isBelow = settings.images === join(settings.root, 'images');
  return {
    ...settings,
    root: dataDir === undefined ? join(settings.root, 'cluster') : resolve(dataDir),
    images: dataDir === undefined || !isBelow ? settings.images : join(resolve(dataDir), 'images'),
    run: join(settings.run, 'cluster'),
    bridge: `${settings.bridge.slice(0, 14)}s`,
    subnet: settings.subnet.replace(
      /^10\.(\d+)\./,
      (_match, second: string) => `10.${(Number(second) + 1) % 256}.`,
    ),
  };
}
