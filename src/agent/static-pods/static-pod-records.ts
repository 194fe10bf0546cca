import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '../../model/api/types.ts';

/** A static pod that the node runs, or is ending. */
export interface StaticPodRecord {
  /** Of the file that asked for it. */
  readonly path: string;
  readonly pod: Pod;
}

/**
 * Static pods that were begun: `<directory>/<uid>.json`, written before anything of the pod is made. So a pod whose file went while no
 * agent ran is ended as its specification says.
 */
export class StaticPodRecords {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async load(): Promise<StaticPodRecord[]> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#directory);
    // Of a writer that died.
    for (const name of names.filter((one) => one.endsWith('.new')))
      await rm(join(this.#directory, name), { force: true });
    const texts = names
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFile(join(this.#directory, name), 'utf8'));
    return (await Promise.all(texts)).flatMap((text) => parsed(text) ?? []);
  }

  async save(record: StaticPodRecord): Promise<void> {
    const path = this.#pathOf(record.pod.metadata?.uid ?? '');
    await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }

  async remove(uid: string): Promise<void> {
    await rm(this.#pathOf(uid), { force: true });
  }

  #pathOf(uid: string): string {
    return join(this.#directory, `${uid}.json`);
  }
}

/** @returns nothing for what a loss of power has torn: the manifest's pod is then recorded anew */
function parsed(text: string): StaticPodRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<StaticPodRecord> | null;
    return typeof record?.pod === 'object' ? (record as StaticPodRecord) : undefined;
  } catch {
    return undefined;
  }
}
