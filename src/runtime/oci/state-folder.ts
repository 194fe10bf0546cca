import { basename, join } from 'node:path';
import type { OciRuntimeCommand } from '../container/container-context.ts';

/** Where the runtime keeps what it knows of the container; undefined when it was told no place. */
export function stateFolder({ globalArgs }: OciRuntimeCommand, id: string): string | undefined {
  const place = globalArgs.indexOf('--root');
  const root = place < 0 ? undefined : globalArgs[place + 1];
  return root === undefined ? undefined : join(root, id);
}

export function isCrun({ path }: Pick<OciRuntimeCommand, 'path'>): boolean {
  return basename(path) === 'crun';
}
