import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { ConfigMap, PersistentVolumeClaim, Pod, Secret } from '../../model/api/types.ts';
import { PeapodError } from '../../model/errors.ts';
import { readManifests } from '../../model/manifest/read-manifests.ts';
import type { Terminal } from '../output/terminal.ts';

export interface Manifests {
  pods: Pod[];
  /** What the pods refer to. */
  objects: (ConfigMap | Secret | PersistentVolumeClaim)[];
}

const KINDS = ['Pod', 'ConfigMap', 'Secret', 'PersistentVolumeClaim'] as const;

/**
 * Reads, defaults and validates the manifests; warnings go to `terminal`, a line each.
 * @param files paths, `-` for standard input
 * @throws PeapodError Invalid with every problem; NotFound for a file that isn't there
 */
export async function readInput(files: readonly string[], terminal: Terminal): Promise<Manifests> {
  const manifests: Manifests = { pods: [], objects: [] };
  for (const file of files) {
    for (const document of readManifests(await readSource(file), file, { kinds: KINDS })) {
      manifests;
      document;
      terminal;
    }
  }
  return manifests;
}

async function readSource(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new PeapodError('NotFound', `cannot read ${file}: no such file`, { cause });
    if (code === 'EISDIR') throw new PeapodError('Invalid', `cannot read ${file}: it is a folder`, { cause });
    throw new PeapodError('Invalid', `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}
