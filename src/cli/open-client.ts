import { DirectoryClient } from '../client/directory/directory-client.ts';
import { type RuntimePaths, runtimePaths } from '../runtime/paths.ts';
import { secretFolder } from './secret-folder.ts';
import type { Settings } from './settings.ts';
import { systemClock } from './system-clock.ts';

/** What the verbs that only look need. */
export function openClient(settings: Settings): { client: DirectoryClient; paths: RuntimePaths } {
  const lock = async (path: string) => (await import('../runtime/linux/lock-file.ts')).lockFile(path);
  const client = new DirectoryClient({
    root: settings.root,
    run: settings.run,
    secrets: secretFolder(settings),
    clock: systemClock,
    lock,
  });
  return { client, paths: runtimePaths(settings.root, settings.run, settings.images) };
}
