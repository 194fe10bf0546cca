import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PeapodError } from '../../model/errors.ts';
import type { Settings } from '../settings.ts';
import { readRunningServer } from './read-server.ts';
import { serverSettings } from './server-settings.ts';

export interface KubeconfigOptions {
  readonly dataDir?: string;
  readonly merge?: boolean;
  readonly context: string;
}

/** `peapod kubeconfig`. @throws PeapodError NotFound when no server has run here */
export async function kubeconfig(settings: Settings, options: KubeconfigOptions): Promise<void> {
  const { mergeKubeconfig, renamed } = await import('./merge-kubeconfig.ts');
  const own = renamed(await readAdmin(settings, options.dataDir), options.context);
  if (options.merge !== true) {
    process.stdout.write(own);
    return;
  }
  const path = await mergeKubeconfig(own, options.context, process.env);
  process.stdout.write(`Context "${options.context}" is the current one in ${path}\n`);
}

async function readAdmin(settings: Settings, dataDir: string | undefined): Promise<string> {
  const own = serverSettings(settings, dataDir);
  // A server that runs may have been told another data directory by its configuration.
  const root = dataDir === undefined ? (readRunningServer(own.run)?.settings.root ?? own.root) : own.root;
  const path = join(root, 'server', 'admin.kubeconfig');
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new PeapodError('NotFound', `cannot read ${path}`, { cause, hint: 'peapod serve' });
  }
}
