import { mkdir } from '../runtime/linux/files.ts';
import type { Settings } from './settings.ts';

/**
 * Makes the directories that servers have their own ones in. The root of a pod with users of its own can pass through them, and see nothing. Those that are
 * there stay as they are: they may be closed on purpose.
 */
export async function makeDirectories({ root, run }: Pick<Settings, 'root' | 'run'>): Promise<void> {
  for (const directory of [root, run]) await mkdir(directory, { recursive: true, mode: 0o711 });
}
