import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { Settings } from '../settings.ts';
import { serverSettings } from './server-settings.ts';

/** `peapod kubeconfig`. @throws PeapodError NotFound when no server has run here */
export async function printKubeconfig(settings: Settings, { dataDir }: { dataDir?: string }): Promise<void> {
  const path = join(serverSettings(settings, dataDir).root, 'server', 'admin.kubeconfig');
  try {
    process.stdout.write(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new PeapodError('NotFound', `cannot read ${path}`, { cause, hint: 'peapod serve' });
  }
}
