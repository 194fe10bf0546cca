import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../model/api/types.ts';
import { readStaticPod } from './static-pod.ts';

/** What a folder of manifests asks for. */
export interface ManifestFolder {
  /** By the path of the file. */
  readonly pods: ReadonlyMap<string, Pod>;
  /** Files that are there and cannot be used, and why. */
  readonly problems: ReadonlyMap<string, unknown>;
}

/**
 * Every file whose name does not begin with a dot. A folder that is not there asks for nothing.
 * @throws Error when the folder cannot be read
 */
export async function readManifestFolder(directory: string, nodeName: string): Promise<ManifestFolder> {
  const pods = new Map<string, Pod>();
  const problems = new Map<string, unknown>();
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    try {
      if ((await stat(path)).isFile())
        pods.set(path, readStaticPod(await readFile(path, 'utf8'), path, nodeName));
    } catch (error) {
      if (!isMissing(error)) problems.set(path, error);
    }
  }
  return { pods, problems };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => !name.startsWith('.')).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
