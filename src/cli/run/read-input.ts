import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type AdmittedManifests, admitManifests } from '../../model/admission/admit-manifests.ts';
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
 * @param options.server whether a server will run them
 * @throws PeapodError Invalid with every problem; NotFound for a file that isn't there
 */
export async function readInput(
  files: readonly string[],
  terminal: Terminal,
  options: { server: boolean },
): Promise<Manifests> {
  const documents = [];
  for (const file of files) documents.push(...readManifests(await readSource(file), file, { kinds: KINDS }));
  const admitted = admitManifests(documents, { ...options, nameSuffix: randomSuffix });
  for (const warning of admitted.warnings)
    terminal.write(`${terminal.style('yellow', 'Warning:')} ${warning}\n`);
  if (documents.length === 0) throw new PeapodError('Invalid', `no objects in ${files.join(', ')}`);
  return inNamespaces(admitted);
}

function inNamespaces({ pods, configMaps, secrets, claims }: AdmittedManifests): Manifests {
  const placed = <T extends Pod | ConfigMap | Secret | PersistentVolumeClaim>(object: T): T => ({
    ...object,
    metadata: { ...object.metadata, namespace: object.metadata?.namespace ?? 'default' },
  });
  return { pods: pods.map(placed), objects: [...configMaps, ...secrets, ...claims].map(placed) };
}

/** As the API server's: letters and digits that look like no others, and form no words. */
function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join('');
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
