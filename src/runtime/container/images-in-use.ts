import type { RuntimePaths } from '../paths.ts';
import { findRecord, listContainerIds } from './container-record.ts';

/** The images whose layers some container stands on, or has mounted. */
export async function imagesInUse(paths: RuntimePaths): Promise<ReadonlySet<string>> {
  const ids = await listContainerIds(paths.containers);
  const records = await Promise.all(ids.map((id) => findRecord(paths.containers, id)));
  const used = new Set<string>();
  for (const record of records) {
    if (!record) continue;
    used.add(record.config.image);
    for (const { source } of record.config.mounts) if ('image' in source) used.add(source.image);
  }
  return used;
}
