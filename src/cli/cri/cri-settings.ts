import { join } from 'node:path';
import type { Settings } from '../settings.ts';

/**
 * A kubelet's pods are apart from those of `peapod run` and `peapod serve`: state, network and cgroups of their own, so that nobody takes
 * the other's for rubbish. Images are shared.
 */
export function criSettings(settings: Settings): Settings {
  return {
    ...settings,
    root: join(settings.root, 'cri'),
    run: join(settings.run, 'cri'),
    bridge: `${settings.bridge.slice(0, 14)}c`,
    subnet: settings.subnet.replace(
      /^10\.(\d+)\./,
      (_match, second: string) => `10.${(Number(second) + 2) % 256}.`,
    ),
  };
}
