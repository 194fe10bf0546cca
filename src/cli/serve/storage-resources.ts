import { readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';

const HUGE_PAGES = '/sys/kernel/mm/hugepages';

/** The disk that pods' data lies on, and the huge pages that were set aside when the machine started. */
export async function storageResources(dataDirectory: string): Promise<Record<string, string>> {
  const { blocks, bsize } = await statfs(dataDirectory, { bigint: true });
  const hugePages = await readHugePages(HUGE_PAGES);
  return { 'ephemeral-storage': `${(blocks * bsize) / 1024n}Ki`, ...hugePages };
}

/** By resource name, as `hugepages-2Mi`; empty where the kernel has none. @param directory as `/sys/kernel/mm/hugepages` */
export async function readHugePages(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await readdir(directory).catch(() => [])) {
    const pageKib = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0);
    if (pageKib === 0) continue;
    const count = Number(await readFile(join(directory, name, 'nr_hugepages'), 'utf8'));
    found[`hugepages-${shown(pageKib)}`] = count === 0 ? '0' : shown(count * pageKib);
  }
  return found;
}

/** In the largest binary unit that divides it. */
function shown(kibibytes: number): string {
  if (kibibytes % 1024 ** 2 === 0) return `${kibibytes / 1024 ** 2}Gi`;
  return kibibytes % 1024 === 0 ? `${kibibytes / 1024}Mi` : `${kibibytes}Ki`;
}
