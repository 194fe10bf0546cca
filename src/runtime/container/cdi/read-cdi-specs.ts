import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type CdiSpec, parseCdiSpec } from './cdi-spec.ts';

/** Where the files are looked for; what is in a later one wins. */
export const CDI_DIRECTORIES: readonly string[] = ['/etc/cdi', '/var/run/cdi'];

export interface CdiFile {
  readonly path: string;
  /** Of its directory: the higher one wins. */
  readonly priority: number;
  readonly spec: CdiSpec;
}

export interface CdiFiles {
  readonly files: readonly CdiFile[];
  /** What cannot be used, and why. */
  readonly broken: readonly string[];
}

/** Reads them anew each time: plugins write theirs while we run. */
export async function readCdiSpecs(directories: readonly string[]): Promise<CdiFiles> {
  const files: CdiFile[] = [];
  const broken: string[] = [];
  for (const [priority, directory] of directories.entries()) {
    const names = await readdir(directory).catch(() => []);
    for (const name of names.filter((each) => /^\.(json|ya?ml)$/.test(extname(each))).sort()) {
      const path = join(directory, name);
      try {
        files.push({ path, priority, spec: parseCdiSpec(await readDocument(path)) });
      } catch (error) {
        broken.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return { files, broken };
}

async function readDocument(path: string): Promise<unknown> {
  const document = await readFile(path, 'utf8');
  if (path.endsWith('.json')) return JSON.parse(document);
  const { parse } = await import('yaml');
  return parse(document);
}
